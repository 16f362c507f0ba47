"""Couples, rows and lists of people, parts of their names, and numbers that an object of a person holds."""

import json
from typing import Any

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.events.calls import Answer, ChatMessage, Request

REDACTOR = Redactor(Scanner("pii"))


def of_json(value: object) -> Any:
    redacted, _ = REDACTOR.redact_text(json.dumps(value, ensure_ascii=False))
    return json.loads(redacted)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Owner of record: Delbert & Ruthanne Zubornik.", ("Delbert", "Ruthanne", "Zubornik")),
        ("guest list: Oyinzub Delacorn, Maria Garcia, John Smith, Eva Muster.", ("Oyinzub", "Delacorn", "Muster")),
        (
            "badges:\n1. Tenzub\n2. Maria Garcia - SPEAKER\n3. al-Rashorn, Noura - VIP\n4. John Smith\n",
            ("Tenzub", "Rashorn"),
        ),
    ],
)
def test_all_of_them_are_found(text: str, left: tuple[str, ...]) -> None:
    redacted, _ = REDACTOR.redact_text(text)
    assert not [name for name in left if name in redacted]


@pytest.mark.parametrize("text", ["Ernst & Young LLP", "1. Fix login\n2. Test login\n3. Ship\n"])
def test_firms_and_things_stay(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text


def test_people_are_called_by_any_of_their_names() -> None:
    request = Request(messages=(ChatMessage(role="user", content='{"driver": {"name": "Muhammad Faizub bin Osman"}}'),))
    redacted = REDACTOR.redact(request, Answer(content="Your driver Faizub arrives."))
    assert redacted.answer is not None
    assert "Faizub" not in (redacted.answer.content or "")


def test_a_title_is_no_part_of_the_name() -> None:
    assert of_json({"holder": "Mrs Philizub Ornvik", "note": "Account of Philizub Ornvik"}) == {
        "holder": "Mrs ⟦NAME_1⟧",
        "note": "Account of ⟦NAME_1⟧",
    }


def test_a_bare_number_of_a_person_is_the_persons() -> None:
    person = {"id": "AP-004417", "client_name": "Zubeqa Ornvik", "email": "z@mail.example", "segment": "HNW-2024"}
    assert of_json(person)["id"] == "⟦MEMBER_1:pAA-999999⟧"
    assert of_json(person)["segment"] == "HNW-2024"
    order = {"id": "AP-004417", "name": "Zubeqa Ornvik", "email": "z@mail.example", "total": "12.00"}
    assert of_json(order)["id"] == "AP-004417"


def test_a_number_around_a_wrapped_person_is_the_persons() -> None:
    value = {"id": "28451", "properties": {"firstname": "Zubeqa", "lastname": "Ornvik", "email": "z@mail.example"}}
    assert of_json(value)["id"] == "⟦MEMBER_1:d5⟧"


def test_the_number_of_a_document_beside_its_type() -> None:
    assert of_json({"docType": "HU_ID", "docNo": "418820KE"}) == {"docType": "HU_ID", "docNo": "⟦ID_1:p999999AA⟧"}
    assert of_json({"docNo": "418820KE"}) == {"docNo": "418820KE"}


def test_keys_in_other_scripts() -> None:
    value = {"收件人": "欧阳静怡", "电话": "13800555017", "住所": "東京都渋谷区1-2", "数量": "3"}
    redacted = of_json(value)
    assert redacted == {"收件人": "⟦NAME_1⟧", "电话": "⟦PHONE_1:eleven⟧", "住所": "⟦ADDRESS_1⟧", "数量": "3"}


def test_a_column_is_cut_where_the_whole_table_can_be() -> None:
    text = "Worker ID;Name (Last, First);Grade\nW0044127;Ornvik, Zubeqa;G5\nW0051990;Vexorn, Quilla;G3"
    redacted, _ = REDACTOR.redact_text(text)
    assert "W0044127" not in redacted
    assert "W0051990" not in redacted


def test_a_row_printed_upright_is_read_by_its_keys() -> None:
    text = "contact_sk    | 90023814\nfst_nm        | Zubrit\nlst_nm        | Vexorn-Hansen\nbrth_dt       | 1968-12-05"
    assert REDACTOR.redact_text(text)[0] == (
        "contact_sk    | ⟦MEMBER_1⟧\nfst_nm        | ⟦NAME_1:first⟧\nlst_nm        | ⟦NAME_1:last⟧\n"
        "brth_dt       | ⟦DOB_1:iso⟧"
    )


def test_short_keys_below_a_person() -> None:
    value = {"drv": {"gn": "Izub", "ln": "Vexorn", "bd": "15JUN1990"}, "ref": {"gn": "box 7"}}
    assert of_json(value) == {
        "drv": {"gn": "⟦NAME_1:first⟧", "ln": "⟦NAME_1:last⟧", "bd": "⟦DOB_1⟧"},
        "ref": {"gn": "box 7"},
    }


def test_who_did_it_may_be_a_login() -> None:
    assert of_json({"author": "zornvik", "body": "done"}) == {"author": "⟦USER_1⟧", "body": "done"}
    assert of_json({"author": "system", "body": "done"}) == {"author": "system", "body": "done"}


def test_identifiers_of_health_records() -> None:
    value = {"resourceType": "Patient", "identifier": [{"system": "urn:oid:1.2.36", "value": "MR-558201"}]}
    redacted = of_json(value)
    assert redacted["identifier"][0]["value"] == "⟦MEMBER_1:pAA-999999⟧"


def test_a_moment_is_nobodys_number() -> None:
    value = {"lastLogin": "2025-03-30T21:14:00.000Z", "claim": "2025-02-27 17:40", "owner": "zub-sigs"}
    assert of_json(value) == value
