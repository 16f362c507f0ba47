"""Dates of one event move together: by whole weeks, in their own writing, in prompt and answer alike."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from shared.events.calls import Answer, ChatMessage, Request, ToolCall
from shared.prompting.renderings import DATE_FORMS, read_date, write_date
from shared.prompting.surrogates import POOLS, Pool, Surrogates

REDACTOR = Redactor(Scanner("hipaa"))
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2029, 12, 31))
FORMS = tuple(form for form in DATE_FORMS if not form.endswith("2"))
"""With four digits of the year: shorter ones are read as this century's."""


def read(text: str, form: str) -> date:
    """As the form says: ``03/04/2026`` alone may be either of two days."""
    if form in ("dmy", "ddash", "dot"):
        day, month, year = re.split("[./-]", text)
        return date(int(year), int(month), int(day))
    found = read_date(text)
    assert found is not None
    return found[0]


@given(anchor=days, distance=st.integers(-900, 900), form=st.sampled_from(FORMS), event_id=st.text(min_size=1, max_size=8),
       pool=st.sampled_from(POOLS))  # fmt: skip
def test_distance_and_weekday_of_every_date_survive(
    anchor: date, distance: int, form: str, event_id: str, pool: Pool
) -> None:
    other = anchor + timedelta(days=distance)
    if form in ("dmy", "ddash") and other.day <= 12:
        other += timedelta(days=14) if other.day < 6 else timedelta(days=7)
    distance = (other - anchor).days
    request = Request(
        messages=(
            ChatMessage(role="system", content=f"Today is {anchor.isoformat()}."),
            ChatMessage(role="user", content=f"See me on {write_date(other, form)}; thanks"),
        )
    )
    answer = Answer(tool_calls=(ToolCall(name="book", arguments_json=f'{{"on": "{other.isoformat()}"}}'),))
    outcome = REDACTOR.redact(request, answer)
    assert outcome.answer is not None and not outcome.unlinked
    surrogates = Surrogates(event_id, pool)
    filled, reply = surrogates.request(outcome.request), surrogates.answer(outcome.answer)
    system, user = (message.content or "" for message in filled.messages)
    today = date.fromisoformat(system.removeprefix("Today is ").rstrip("."))
    asked = read(user.removeprefix("See me on ").removesuffix("; thanks"), form)
    assert asked - today == timedelta(days=distance)
    assert today.weekday() == anchor.weekday()
    assert reply.tool_calls[0].arguments_json == f'{{"on": "{asked.isoformat()}"}}'


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Today is 2026-03-02. Come on March 5", "Today is ⟦DATE_1:iso.mon+0⟧. Come on ⟦DATE_2:part.thu+3⟧"),
        ("Today is 2026-01-02. Seen on 12/30", "Today is ⟦DATE_1:iso.fri+0⟧. Seen on ⟦DATE_2:npart.tue-3⟧"),
        ("Today is 2026-03-02. Since 4 March", "Today is ⟦DATE_1:iso.mon+0⟧. Since ⟦DATE_2:dpart.wed+2⟧"),
        ("admitted June 2021", "admitted ⟦DATE_1:mypart⟧"),
    ],
)
def test_a_date_without_its_year_is_the_closest_to_the_anchor(text: str, redacted: str) -> None:
    assert REDACTOR.redact_text(text)[0] == redacted


def test_a_date_that_can_be_counted_is_no_guess() -> None:
    def unlinked(prompt: str, day: str) -> bool:
        call = ToolCall(name="book", arguments_json=f'{{"on": "{day}"}}')
        request = Request(messages=(ChatMessage(role="user", content=prompt),))
        return REDACTOR.redact(request, Answer(tool_calls=(call,))).unlinked

    assert not unlinked("Today is 2026-03-02, book it for tomorrow", "2026-03-03")
    assert unlinked("Book it for tomorrow", "2026-03-03")
    assert unlinked("Today is 2026-03-02, when was I seen?", "2019-11-30")
