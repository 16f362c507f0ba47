"""A header of keys says what the values of every row are, whatever they look like; what is no table stays as it was."""

import json

import pytest

from services.ingest_redactor.logic.layout.tables import read_tables
from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.errors import PoisonError
from shared.events.calls import Answer, Request

REDACTOR = Redactor(Scanner("pii"))


def redacted(text: str) -> str:
    answer = REDACTOR.redact(Request(), Answer(content=text)).answer
    assert answer is not None and answer.content is not None
    return answer.content


TABLES = [
    "id,name,phone,plan\n1,Zub Quill,4306697495,Gold\n2,Vexa Orn,5554443322,Basic",
    'id,name,phone,plan\n1,"Zub Quill","4306697495","Gold, paid"\n2,Vexa Orn,"5554443322",Basic',
    "id;name;phone\r\n1;Zub Quill;4306697495\r\n2;Vexa Orn;5554443322\r\n",
    "id\tname\tphone\n1\tZub Quill\t4306697495\n2\tVexa Orn\t5554443322",
    "| # | **Name** | Phone |\n|---|:---|---:|\n| 1 | Zub Quill | 4306697495 |\n| 2 | Vexa Orn | 5554443322 |",
    " id | name | phone \n----+------+-------\n 1 | Zub Quill | 4306697495\n 2 | Vexa Orn | 5554443322\n(2 rows)",
    "+--+--+--+\n| id | name | phone |\n+--+--+--+\n| 1 | Zub Quill | 4306697495 |\n| 2 | Vexa Orn | 5554443322 |\n+--+--+--+",
    "ID   NAME        PHONE\n1    Zub Quill   4306697495\n2    Vexa Orn    5554443322",
    "INSERT INTO guests (id, name, phone) VALUES (1, 'Zub Quill', '4306697495'), (2, 'Vexa Orn', 5554443322);",
    'insert into "guests"(name, phone) values ("Zub Quill", "4306697495");insert into t(name,phone)values(\'Vexa Orn\',\'5554443322\')',
    "Student,Phone,SIS Login ID,Lab 6 - Le Chatelier and other acids (20)\nZub Quill,4306697495,,17\nVexa Orn,5554443322,,18",
    "COPY public.guests (id, name, phone) FROM stdin;\n1\tZub Quill\t4306697495\n2\tVexa Orn\t5554443322\n\\.\n",
    "<table><tr><th>Name</th><th>Phone</th></tr><tr><td>Zub Quill</td><td>4306697495</td></tr>"
    "<tr><td>Vexa Orn</td><td>5554443322</td></tr></table>",
    json.dumps({"columns": ["id", "name", "phone"], "rows": [[None, "Zub Quill", 4306697495], [2, "Vexa Orn", "5554443322"]]}),
    json.dumps([["name", "phone", "n"], ["Zub Quill", "4306697495", 1], ["Vexa Orn", "5554443322", 2]], indent=2),
    json.dumps({"header": [{"id": "name"}, {"id": "phone"}], "data": [["Zub Quill", "4306697495"], ["Vexa Orn", "5554443322"]]}),
    json.dumps(
        {
            "schema": {"fields": [{"name": "name", "type": "s"}, {"name": "phone", "type": "s"}]},
            "rows": [{"f": [{"v": n}, {"v": p}]} for n, p in (("Zub Quill", "4306697495"), ("Vexa Orn", "5554443322"))],
        }
    ),
    json.dumps({"csv": "name,phone\nZub Quill,4306697495\nVexa Orn,5554443322"}),
]  # fmt: skip


@pytest.mark.parametrize("text", TABLES)
def test_values_under_a_header_are_redacted_and_nothing_else(text: str) -> None:
    once = redacted(text)
    expected = text
    for value, placeholder in (
        ("Zub Quill", "⟦NAME_1⟧"), ("Vexa Orn", "⟦NAME_2⟧"),
        ("4306697495", "⟦PHONE_1:digits⟧"), ("5554443322", "⟦PHONE_2:digits⟧"),
    ):  # fmt: skip
        expected = expected.replace(value, placeholder)
    if text.startswith('{"columns"'):
        expected = expected.replace("⟦PHONE_1:digits⟧", '"⟦PHONE_1:digits.int⟧"')
    assert once.replace("⟦PHONE_2:digits.int⟧", "⟦PHONE_2:digits⟧") == expected
    assert redacted(once) == once


def test_first_and_last_name_of_a_row_are_one_person_and_its_town_counts_beside_them() -> None:
    text = "nom,prenom,ville,plan\nPage,Hunter,Olmouth,Gold\nWood,Grant,Arnsby,Gold"
    assert redacted(text) == (
        "nom,prenom,ville,plan\n⟦NAME_1:last⟧,⟦NAME_1:first⟧,⟦PLACE_1⟧,Gold\n⟦NAME_2:last⟧,⟦NAME_2:first⟧,⟦PLACE_2⟧,Gold"
    )
    assert redacted("ville,plan\nOlmouth,Gold") == "ville,plan\nOlmouth,Gold"


@pytest.mark.parametrize(
    "text",
    [
        "Please send name, phone\nand a copy, thanks",
        "name,phone\nno such columns here",
        "name,type\ntimeout,int\nretries,int",
        "sku,qty\nAB-1,4306697495",
        "INSERT INTO t (sku, qty) VALUES ('AB-1', 4306697495)",
        json.dumps({"columns": ["sku", "qty"], "rows": [["AB-1", 4306697495]]}),
        json.dumps({"data": [["name", "status"], ["web-01", "up"]]}),
    ],
)
def test_what_names_no_person_is_left_alone(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ({"field": "last_name"}, "Page"),
        ({"path": "/contact/lastName"}, "Page"),
        ({"label": "Date of birth"}, "1950-04-04"),
        ({"type": "phone"}, "4306697495"),
        ({"type": "P", "issuing_country": "ESP"}, "DKB-280726-70"),
    ],
)
def test_a_field_told_as_name_and_value(key: dict[str, str], value: str) -> None:
    field = "number" if "type" in key else "value"
    assert value not in redacted(json.dumps([{**key, field: value}]))
    assert (
        value in redacted(json.dumps([{"field": "colour", "value": value.replace("1950-04-04", "Page")}]))
        or "-" in value
    )


def test_halves_of_a_name_in_any_language() -> None:
    for first, last in (
        ("prenom", "nom"),
        ("nome", "cognome"),
        ("nombre", "apellidos"),
        ("imie", "name"),
        ("given", "family"),
    ):
        text = redacted(json.dumps({first: "Hunter", last: "Page"}))
        assert json.loads(text) == {first: "⟦NAME_1:first⟧", last: "⟦NAME_1:last⟧"}, (first, last)


def test_more_rows_than_can_be_followed_are_refused() -> None:
    with pytest.raises(PoisonError):
        read_tables("name,phone\n" + "Zub Quill,4306697495\n" * 20_000)
