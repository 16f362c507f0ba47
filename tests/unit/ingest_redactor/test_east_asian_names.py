"""Names in Chinese, Japanese and Korean letters: in sentences of other languages, under keys, between signs of their own."""

import json

import pytest

from services.ingest_redactor.logic.names.east_asian import read_east_asian
from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("text", "last", "given"),
    [
        ("王小明", "王", "小明"), ("欧阳晓梅", "欧阳", "晓梅"), ("佐々木 翔太", "佐々木", "翔太"), ("小野寺美咲", "小野寺", "美咲"),
        ("김진우", "김", "진우"), ("남궁 민수", "남궁", "민수"), ("傅, 慧", "傅", "慧"),
    ],
)  # fmt: skip
def test_a_whole_name_is_read(text: str, last: str, given: str) -> None:
    read = read_east_asian(text)
    assert read is not None
    assert (read.last, read.given) == (last, given)
    assert read.canonical == f"{given}|{last}"


@pytest.mark.parametrize("text", ["金额", "高血压", "苹果", "東京", "안녕", "Wang", "", "慧", "佐々木"])
def test_a_word_is_no_name(text: str) -> None:
    assert read_east_asian(text) is None


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Create an account for our new hire 鈴木 加奈, please", "Create an account for our new hire ⟦NAME_1⟧, please"),
        ("Did 吴楠's order ship?", "Did ⟦NAME_1⟧'s order ship?"),
        ("Dr. 王金凤 agreed. Later 王金凤 left.", "Dr. ⟦NAME_1⟧ agreed. Later ⟦NAME_1⟧ left."),
        ("Hi 翼,\nour price", "Hi ⟦NAME_1:first⟧,\nour price"),
        ("ご確認ください。西園寺 美咲、以上です", "ご確認ください。⟦NAME_1⟧、以上です"),
        ("LOCATION:关岭街Y座 and 美原町29丁目27番18号", "LOCATION:⟦ADDRESS_1⟧ and ⟦ADDRESS_2⟧"),
    ],
)
def test_it_is_found_in_a_sentence(text: str, redacted: str) -> None:
    assert REDACTOR.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Translate 苹果 to English",
        "Translate 数量 金额 to English",
        '{"head": "数量 金额"}',
        "请帮我查询订单金额，谢谢。高级会员。",
        "The word 방법 means method",
        "金额：100 元",
        "Sold at 東京 Store",
    ],
)
def test_it_stays(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text


def test_a_name_under_a_key_is_known_wherever_it_stands() -> None:
    value = json.loads(
        REDACTOR.redact_text(json.dumps({"customer_name": "김진우", "text": "김진우 고객님, 안녕하세요"}))[0]
    )
    assert value == {"customer_name": "⟦NAME_1⟧", "text": "⟦NAME_1⟧ 고객님, 안녕하세요"}


def test_an_address_is_whole_in_fields_of_its_own() -> None:
    fields = {"name": "吴楠", "address1": "王街B座", "city": "琴市", "zip": "669788"}
    value = json.loads(REDACTOR.redact_text(json.dumps({"shipping_address": fields}, ensure_ascii=False))[0])
    assert value["shipping_address"] == {
        "name": "⟦NAME_1⟧",
        "address1": "⟦ADDRESS_1⟧",
        "city": "⟦PLACE_1⟧",
        "zip": "⟦ZIP_1:d6⟧",
    }
