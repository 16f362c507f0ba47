"""Events taken apart and put together must be what their constructors would have made."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import TOPIC_EVENTS
from shared.events.promotion import Challenger
from shared.events.shaping import advanced, assembler, disassembler, replaced
from shared.events.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    number: int
    text: str = "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Second(First):
    more: float
    most: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("negative")


@given(st.integers(), st.text(), st.floats(allow_nan=False), st.lists(st.integers()).map(tuple))
def test_an_instance_goes_apart_and_together(number: int, text: str, more: float, most: tuple[int, ...]) -> None:
    event = Second(number=number, text=text, more=more, most=most)
    values = disassembler(Second)(event)
    again = assembler(Second)(values)
    assert again == event
    assert hash(again) == hash(event)
    assert type(again) is Second
    assert replaced(event, number=number + 1) == replace(event, number=number + 1)


def test_every_event_of_a_topic_is_put_together_without_its_constructor() -> None:
    for event in set(TOPIC_EVENTS.values()):
        assert assembler(event).__name__ == "assemble", event


def test_a_class_that_checks_itself_is_still_checked() -> None:
    assert assembler(Checked)({"number": 1}) == Checked(1)
    with pytest.raises(ValueError, match="negative"):
        assembler(Checked)({"number": -1})


def test_a_missing_field_is_told() -> None:
    with pytest.raises(KeyError):
        assembler(First)({"number": 1})


def test_an_unknown_field_is_told() -> None:
    challenger = Challenger(model="m", stage=Stage.SHADOW, share=0.0, changed_at_ms=1)
    with pytest.raises(TypeError, match=r"of Challenger that are missing or unknown: \['shares'\]"):
        replaced(challenger, shares=0.5)


def test_a_later_stage_takes_over_fields_and_defaults() -> None:
    first = First(number=3, text="y")
    assert advanced(Second, first, more=0.5) == Second(number=3, text="y", more=0.5)
    assert advanced(Second, first, more=0.5, text="z", most=(1,)) == Second(number=3, text="z", more=0.5, most=(1,))
    with pytest.raises(TypeError, match=r"\['more'\]"):
        advanced(Second, first)
    with pytest.raises(TypeError, match=r"\['other'\]"):
        advanced(Second, first, more=0.5, other=1)
