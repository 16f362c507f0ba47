"""JSON that keeps what it does not change."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tasks import jsontext

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
structures = st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4)


def expected_leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[Any, tuple[str, ...], bool]]:
    if isinstance(value, dict):
        return [
            leaf
            for key, item in value.items()
            for leaf in [(key, (*path, key), True), *expected_leaves(item, (*path, key))]
        ]
    if isinstance(value, list):
        return [leaf for item in value for leaf in expected_leaves(item, path)]
    if isinstance(value, bool) or value is None:
        return []
    return [(value, path, False)]


@given(structures, st.sampled_from([None, 2]), st.booleans())
def test_leaves_are_every_key_string_and_number_with_its_path(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    found = list(jsontext.leaves(text))
    assert [(leaf.value if leaf.is_string else json.loads(leaf.value), leaf.path, leaf.is_key) for leaf in found] == (
        expected_leaves(value)
    )
    assert jsontext.rewritten(text, []) == text


@given(structures)
def test_rewriting_changes_the_leaves_named_and_nothing_else(value: Any) -> None:
    text = json.dumps(value)
    found = list(jsontext.leaves(text))
    same = jsontext.rewritten(text, [(leaf, leaf.value) for leaf in found if leaf.is_string])
    assert json.loads(same) == value
    other = jsontext.rewritten(text, [(leaf, '"⟦X_1⟧\n') for leaf in found if not leaf.is_key])
    assert all(leaf.value == '"⟦X_1⟧\n' for leaf in jsontext.leaves(other) if not leaf.is_key)


def test_numbers_and_repeated_keys_stay_as_written() -> None:
    text = '{"a": 1.10, "b": 1e400,"a": 123456789012345678901234567890,  "d": -0}'
    found = list(jsontext.leaves(text))
    assert (
        jsontext.rewritten(text, [(found[0], "x")])
        == '{"x": 1.10, "b": 1e400,"a": 123456789012345678901234567890,  "d": -0}'
    )


def test_siblings_share_a_container() -> None:
    found = jsontext.leaves('[{"a": 1, "b": {"c": 2}, "d": 3}, {"a": 4}]')
    assert {leaf.value: leaf.container for leaf in found if not leaf.is_key} == {"1": 1, "2": 2, "3": 1, "4": 3}


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '"text"', "12", "", "{'a': 1}"])
def test_what_is_no_object_or_array_is_no_structure(text: str) -> None:
    assert jsontext.parse_structure(text) is None


def test_canonical_spelling() -> None:
    assert jsontext.canonical('{"b": 1, "a": [1, 2]}') == '{"a":[1,2],"b":1}'
    assert jsontext.canonical("no json") == "no json"
    assert list(jsontext.keys_and_texts(jsontext.parse_structure('{"a": ["x", 1, {"b": "y"}]}'))) == [
        ("a", True),
        ("x", False),
        ("1", False),
        ("b", True),
        ("y", False),
    ]
