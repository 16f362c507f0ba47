"""Surrogates: right in form and type, the same within an event, other ones in every event and pool."""

import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.prompting import renderings
from shared.prompting.placeholders import Placeholder
from shared.prompting.surrogates import IDENTIFIER_TYPES, POOLS, Surrogates

TYPES = ("NAME", "EMAIL", "PHONE", "CARD", "SSN", "IBAN", "DOB", "IP", "ADDRESS", "USER", "SECRET", *IDENTIFIER_TYPES)


@given(st.sampled_from(TYPES), st.integers(1, 40), st.text(max_size=12))
def test_values_are_the_same_in_an_event_and_differ_between_pools(type_: str, number: int, event_id: str) -> None:
    placeholder = Placeholder(type_, number)
    one = Surrogates(event_id, "training").value(placeholder)
    assert Surrogates(event_id, "training").value(placeholder) == one
    assert Surrogates(event_id, "shadow").value(placeholder) != one


def test_the_pools_share_no_value() -> None:
    for type_ in ("NAME", "EMAIL", "PHONE", "CARD", "SSN", "IBAN", "ACCOUNT", "ADDRESS", "DOB"):
        values = {
            pool: {Surrogates(f"e{event}", pool).value(Placeholder(type_, 1)) for event in range(300)}
            for pool in ("training", "shadow")
        }
        assert values["training"].isdisjoint(values["shadow"]), type_
        assert len(values["training"]) > (100 if type_ == "IP" else 200), type_


@given(st.text(max_size=8))
def test_check_digits_hold(event_id: str) -> None:
    from services.ingest_redactor.logic.rules import checks

    fill = Surrogates(event_id, "training").value
    assert checks.card(fill(Placeholder("CARD", 1)))
    assert checks.iban(fill(Placeholder("IBAN", 1)))
    assert checks.ssn(renderings.digits_of(fill(Placeholder("SSN", 1))))
    assert checks.phone(renderings.digits_of(fill(Placeholder("PHONE", 1, "digits"))), international=False)


def test_forms_of_one_entity_agree() -> None:
    fill = Surrogates("e", "training").value

    def value(type_: str, form: str = "") -> str:
        return fill(Placeholder(type_, 1, form))

    name = value("NAME")
    assert name == f"{value('NAME', 'first')} {value('NAME', 'last')}"
    assert value("NAME", "last.upper") == name.split()[1].upper()
    assert value("NAME", "lower") == name.lower()
    digits = value("PHONE", "digits")
    for form in renderings.PHONE_SHAPES:
        assert renderings.read_phone(value("PHONE", form)) == (digits, form)
    assert value("PHONE", "last4") == digits[-4:]
    assert value("CARD", "spaced").replace(" ", "") == value("CARD")
    assert value("CARD", "last4") == value("CARD")[-4:]
    assert value("ACCOUNT").endswith(value("ACCOUNT", "last4"))
    assert value("ACCOUNT", "d3-4").replace("-", "") == value("ACCOUNT")[-7:]
    assert len(value("ACCOUNT", "x9")) == 9
    birth = date.fromisoformat(value("DOB", "iso"))
    for form in renderings.DATE_FORMS:
        read = renderings.read_date(renderings.write_date(birth, form))
        assert read is not None
        assert read[0] == birth


def test_numbers_are_filled_bare_at_any_depth_of_quoting_and_json_stays_json() -> None:
    fill = Surrogates("e", "training")
    inner = json.dumps({"id": "⟦ACCOUNT_1:int⟧", "name": "⟦NAME_1⟧"}, ensure_ascii=False)
    outer = json.dumps({"payload": inner, "id": "⟦ACCOUNT_1:int⟧", "n": 1}, ensure_ascii=False)
    filled = json.loads(fill.text(outer))
    assert isinstance(filled["id"], int)
    assert json.loads(filled["payload"])["id"] == filled["id"]
    assert fill.text("account ⟦ACCOUNT_1:int⟧!") == f"account {filled['id']}!"


@pytest.mark.parametrize("text", ["", "no placeholder", "⟦name_1⟧", "⟦NAME_0⟧", "⟦NAME_1", "[[NAME_1]]"])
def test_other_text_stays(text: str) -> None:
    assert Surrogates("e", "shadow").text(text) == text


@given(st.sampled_from([*TYPES, "UNHEARD_OF"]), st.from_regex(r"[A-Za-z0-9+._-]{1,32}", fullmatch=True))
def test_forms_that_nobody_wrote_are_filled_all_the_same(type_: str, form: str) -> None:
    text = Surrogates("e", "training").text(f'{{"a": "⟦{type_}_1:{form}⟧"}}')
    assert "⟦" not in text
    json.loads(text)


@given(st.integers(0, 10**12).map(str), st.integers(0, 12))
def test_identifier_forms_survive_a_round_trip(digits: str, cut: int) -> None:
    text = f"{digits[:cut]}-{digits[cut:]}" if 0 < cut < len(digits) else digits
    _, form = renderings.read_identifier(text)
    written = renderings.write_identifier("123456789" * 6, "ABCDEFGHJK" * 4, form)
    assert renderings.read_identifier(written)[1] == form


@pytest.mark.parametrize("pool", POOLS)
def test_mail_surrogates_are_many_and_made_of_familiar_words(pool: str) -> None:
    mails = {Surrogates(f"e{number}", pool).text("⟦EMAIL_1⟧") for number in range(400)}  # type: ignore[arg-type]
    assert len(mails) > 390
    assert all(re.fullmatch(r"[a-z]{3,9}[._]?[a-z]{3,9}[1-9]\d@example\.(?:org|com|net)", mail) for mail in mails)
