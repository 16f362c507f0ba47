"""Which of the tools on offer argument keys are of."""

from hypothesis import given
from hypothesis import strategies as st

from services.cli.called_tool import CalledTool

PAIRS = [
    ("search", ["query"]),
    ("search", ["query", "after"]),
    ("mail", ["to", "body"]),
    ("mail", ["to", "body", "cc"]),
]


def taught() -> CalledTool:
    called = CalledTool()
    for number in range(40):
        tool, keys = PAIRS[number % 4]
        called.guess([tool] if number % 5 == 0 else ["search", "mail"], keys)
    return called


def test_keys_tell_the_tool_once_lines_have_come() -> None:
    called = taught()
    assert called.guess(["mail", "search"], ["query"]) == "search"
    assert called.guess(["mail", "search"], ["body", "to"]) == "mail"


def test_one_tool_on_offer_is_the_one() -> None:
    assert CalledTool().guess(["search"], ["query"]) == "search"


def test_nothing_is_told_without_keys_or_before_anything_was_seen() -> None:
    assert CalledTool().guess(["search", "mail"], []) is None
    assert CalledTool().guess([], ["query"]) is None
    assert CalledTool().guess(["search", "mail"], ["query"]) is None


def test_it_goes_on_from_what_was_saved() -> None:
    again = CalledTool()
    again.load(taught().saved())
    assert again.guess(["mail", "search"], ["query", "after"]) == taught().guess(["mail", "search"], ["query", "after"])


@given(st.lists(st.tuples(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("xyz"))), max_size=30))
def test_a_guess_is_on_offer_and_repeatable(lines: list[tuple[list[str], list[str]]]) -> None:
    one, other = CalledTool(), CalledTool()
    for tools, keys in lines:
        guess = one.guess(tools, keys)
        assert guess == other.guess(tools, keys)
        assert guess is None or guess in tools
