"""The table of the eighteen HIPAA identifiers against what the two profiles really do."""

import pytest

from services.ingest_redactor.logic.identifiers import HIPAA_IDENTIFIERS
from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.rules.table import RULES
from services.ingest_redactor.logic.scanner import Scanner
from shared.events.calls import Answer

REDACTORS = {"pii": Redactor(Scanner("pii")), "hipaa": Redactor(Scanner("hipaa"))}

EXAMPLES: dict[str, list[str]] = {
    "NAME": ["My name is Xiadani Qolbert.", "seen by Dr. van der Berg today", "Regards,\nPrzemysław Juroszek"],
    "USER": ['{"username": "qolbert77"}'],
    "ADDRESS": [
        "lives at 5007 Smith Forge Apt. 955",
        "ship to Calle Mayor 12",
        "at Hauptstraße 5 since May",
        "PO Box 1234",
    ],
    "PLACE": ["She moved to Boston with her son.", "Transferred to Mercy General Hospital."],
    "ZIP": ["zip code 88655", "Albany, NY 12207"],
    "DOB": ["born on 03-Sep-1993", "DOB: 7/30/39", "birthday is 24-Apr-1939"],
    "DATE": ["admitted 8/11/25", "seen on April 14", "since 03/23"],
    "AGE": ["a 93 year old woman", "aged 97"],
    "PHONE": ["call 691-418-3597 x418", "reach me on 0494 92 82 32", "tel. +33 6 12 34 81 84", "fax (415) 555-2671"],
    "EMAIL": ["write to ann.lee@example.co.uk"],
    "SSN": ["ssn 123-45-6789"],
    "RECORD": ["MRN MR-995945", "medical record number 831-70-66"],
    "MEMBER": ["member ID HN82585178", "beneficiary number W973745190"],
    "POLICY": ["policy TNM-3070499"],
    "ACCOUNT": ["account AC513242", "routing number 045795241"],
    "CARD": ["card 4111 1111 1111 1111", "my card number is 4111 1111 1111 1112"],
    "IBAN": ["from DE89 3704 0044 0532 0130 00 today", "iban gb42nawi04454264788619"],
    "LICENCE": ["driver's license D983-3209-8307"],
    "NPI": ["NPI 1234567893"],
    "PASSPORT": ["passport X1234567"],
    "VEHICLE": ["the 1HGCM82633A004352 is mine", "plate 7ABC123"],
    "DEVICE": ["serial number SN-50066929", "S/N G8826390395", "aa:bb:cc:dd:ee:0f answers"],
    "URL": ["see https://example.com/patients/77"],
    "SECRET": ["https://bob:hunter22@host/x", "api key: Zk3-9fQ2-77aa", "?token=abcdef123456"],
    "IP": ["from 203.0.113.9"],
    "ID": ["voter id V1897457", "my pin is 4821"],
    "UNIT": ["lives at 12 Oak Street, Apt 4B", "Flat 3, 19 Harcourt Road, Leeds LS6 2QT"],
    "TAX_ID": ["tax id 12-3456789"],
}


def found(profile: str, text: str) -> set[str]:
    return {span.type for span in REDACTORS[profile].redact(_request(text), Answer(content=text)).spans}


def _request(text: str):  # type: ignore[no-untyped-def]
    from shared.events.calls import ChatMessage, Request

    return Request(messages=(ChatMessage(role="user", content=text),))


def test_the_table_names_all_eighteen_and_every_type_of_the_rules() -> None:
    assert [one.number for one in HIPAA_IDENTIFIERS] == list("ABCDEFGHIJKLMNOPQR")
    named = {type_ for one in HIPAA_IDENTIFIERS for type_ in one.types}
    assert {rule.type for rule in RULES} <= named
    assert named == set(EXAMPLES)
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(("type_", "text"), [(type_, text) for type_, texts in EXAMPLES.items() for text in texts])
def test_each_type_is_found_in_its_profiles_and_only_there(type_: str, text: str) -> None:
    in_pii = {hidden for one in HIPAA_IDENTIFIERS for hidden in one.in_pii}
    assert type_ in found("hipaa", text)
    assert (type_ in found("pii", text)) == (type_ in in_pii)


@pytest.mark.parametrize(
    "text",
    [
        "A 55-year-old man with Parkinson's disease on metformin 500 mg BID.",
        "Bell palsy vs Lyme disease, CRP 88, INR 2.6.",
        "HbA1c 7.9, TSH 4.51, eGFR 48, ICD-10 E11.9, CPT 99214.",
        "BP 120/80, strength 4/5, visual acuity 20/20.",
        "Glasgow Coma Scale 13 after Hartmann procedure.",
        "Compare Eliquis 5 mg and Xarelto for atrial fibrillation in adults.",
    ],
)
def test_clinical_words_that_look_like_names_and_numbers_stay(text: str) -> None:
    assert found("pii", text) == set()
    assert found("hipaa", text) == set()
