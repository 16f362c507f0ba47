"""What only the wide profile takes: numbers of many digits, dates that no word tells, kinds of practices."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

WIDE, NARROW = Redactor(Scanner("hipaa")), Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("seen twice / 07734535 / to be filed", "07734535"), ("band # S84340 on the left", "S84340"),
        ("auth # A690756777 is open", "A690756777"), ("subject 004-0424 withdrew", "004-0424"),
        ("Ins/7864HW64145 is active", "7864HW64145"), ("trip no. T72970494 was late", "T72970494"),
        ("stay 01/15/24-01/18/24 was denied", "01/15/24"), ("stay 01/15/24-01/18/24 was denied", "01/18/24"),
        ("consent 29JAN2024 on file", "29JAN2024"), ("last seen 1.17.2024 by us", "1.17.2024"),
        ("VAR given 9-1-20 here", "9-1-20"), ("pt last seen dec 12 at home", "dec 12"), ("last EGD Aug. '23, fine", "Aug. '23"),
        ("recheck 11/8 please", "11/8"), ("dry weight same; next 10/2, call", "10/2"), ("last fill 2-19 was early", "2-19"),
        ("off 5/6 thru 5/10 for the flu", "5/10"), ("my grandma turned 102 then", "102"),
        ("came in may eighteenth for his knee", "may eighteenth"), ("tail number N317YU is here", "N317YU"),
        ("pt is ninety-two and lives alone", "ninety-two"), ("ID 23522-69007-06 on file", "23522-69007-06"),
        ("fingerprint template bio_tmpl_njpx, tablet", "bio_tmpl_njpx"), ("template (IRIS-1815-LKHE) is old", "IRIS-1815-LKHE"),
        ("he went to Northgate Imaging for it", "Northgate Imaging"), ("to Ames, Iowa 52016 by post", "52016"),
    ],
)  # fmt: skip
def test_the_wide_profile_takes(text: str, value: str) -> None:
    assert value not in WIDE.redact_text(text)[0]
    assert value in NARROW.redact_text(text)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [("lab called: jones, richard, mrn 5512345", "jones, richard"), ("PCP FELDSTEIN was told", "FELDSTEIN")],
)
def test_names_as_clinicians_type_them(text: str, value: str) -> None:
    assert value not in WIDE.redact_text(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "platelets 150000 and falling", "the trial NCT04223856 is open", "PMID 31562798 says so", "CPT 99213-25 was billed",
        "NDC 0002-1433-80 is short", "give 1000-2000 mg now", "from 2019-2023 it was stable", "LOINC 4548-4 for the lab",
        "strength 5/4 on the left", "pain was 8/10 today", "open 24/7 for you", "CHA2DS2-VASc 4/9 now", "oct 40 mg daily",
        "cost $250000 in all", "dose 12.345678 mg", "count 1,234,567 cells", "you may first ask her", "a march second to none",
        "net -9.2 L. BNP was high", "T 38.5 °C, well", "fingerprint follow-up is due", "reply template REFERRAL-V2-LETTER",
    ],
)  # fmt: skip
def test_it_leaves_what_everybody_has(text: str) -> None:
    assert WIDE.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Contact: Marcus Holt (brother), 555-201-3344 x214. Call him.", "x214"),
        ("- 19:15 · Patrick King (3 pax) · 7738294857", "7738294857"),
        ("Bed 4: Brian Yates, med rec no 00271207, stable", "00271207"),
        ("Brian Yates, d.o.b. 20-Aug-1949. Fell near the bathroom", "20-Aug-1949"),
        ("please use 102/B, M.G. Road for it", "102/B"), ("call me on 666 907 681 then", "666 907 681"),
        ("send it to my friend sandra brown instead", "brown"), ("mrs park will call", "park"),
        ("João Lucas das Neves is my son", "Neves"),
    ],
)  # fmt: skip
def test_the_narrow_profile_takes_too(text: str, value: str) -> None:
    assert value not in NARROW.redact_text(text)[0]
