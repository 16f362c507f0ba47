"""Names of which a half is unknown or another word; firms, drugs and sights that are named like people."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Schedule a call with Will Grace and me", "Schedule a call with ⟦NAME_1⟧ and me"),
        ("Will Grace called about it.", "⟦NAME_1⟧ called about it."),
        ("Transfer it to Grace May (savings)", "Transfer it to ⟦NAME_1⟧ (savings)"),
        ("so, Kwame Whitfield", "so, ⟦NAME_1⟧"),
        ("It is for Dmitri Hagenbuch.", "It is for ⟦NAME_1⟧."),
        ("Hola, soy Zubo Quillar y llamo", "Hola, soy ⟦NAME_1⟧ y llamo"),
        ("Herr Petrenko ist da", "Herr ⟦NAME_1:last⟧ ist da"),
    ],
)
def test_both_halves_are_hidden(text: str, redacted: str) -> None:
    assert REDACTOR.redact_text(text)[0] == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Compare Smith & Wesson with others", "She continues Keppra", "Medication: Jardiance", "We treat it for Crohn's.",
        "continue Amlodipine daily", "Dinner near Piazza Navona", "call NewRelicAgent again", "bonds of Jones Securities",
    ],
)  # fmt: skip
def test_things_named_like_people_stay(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text


def test_a_question_with_a_modal_verb_names_one_half() -> None:
    assert REDACTOR.redact_text("Will Grace come?")[0] == "Will ⟦NAME_1:first⟧ come?"
