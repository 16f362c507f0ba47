"""JSON that keeps what it does not change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tasks import jsontext

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_is_written_parses_to_the_same(value: object) -> None:
    import json

    text = json.dumps(value)
    assert json.loads(jsontext.write(jsontext.parse(text))) == json.loads(text)


def test_numbers_stay_as_written() -> None:
    text = '{"a": 1.10, "b": 1e400, "c": 123456789012345678901234567890, "d": -0}'
    assert jsontext.write(jsontext.parse(text)) == text


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', "[NaN]", "[" * 100_000, "{", '{"a": Infinity}', "[" * 70 + "]" * 70]
)
def test_what_cannot_be_rewritten_without_loss_is_no_structure(text: str) -> None:
    with pytest.raises(jsontext.NotJsonError):
        jsontext.parse(text)
    assert jsontext.parse_structure(text) is None


def test_canonical_spelling() -> None:
    assert jsontext.canonical('{"b": 1, "a": [1, 2]}') == '{"a":[1,2],"b":1}'
    assert jsontext.canonical("no json") == "no json"
    assert jsontext.parse_structure('"text"') is None
    assert list(jsontext.keys_and_texts(jsontext.parse('{"a": ["x", 1, {"b": "y"}]}'))) == [
        ("a", True),
        ("x", False),
        ("b", True),
        ("y", False),
    ]
