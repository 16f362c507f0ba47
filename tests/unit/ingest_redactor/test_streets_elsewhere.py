"""Streets of other countries inside sentences, and what only looks like one."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

REDACTOR = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    ("before", "street", "after"),
    [
        ("J'habite au ", "64 cours Lafontaine", " à Lyon."),
        ("Ich wohne jetzt ", "Am Fischmarkt 3", " in Bonn."),
        ("Pickup: ", "Unter den Linden 77", ", 10117 Berlin"),
        ("Vivo en ", "Calle Cervantes 3, 2º B", ", Madrid."),
        ("Abito in ", "via Torino 10", " a Milano."),
        ("Ci vediamo in ", "via dei Serragli 19 int. 3", " domani."),
        ("We met at ", "Lange Vijverberg 8", " yesterday."),
        ("Het pakket ligt in de ", "Molenstraat 12-B", " nu."),
        ("it is przy ", "ul. Długa 12 m. 5", " od maja."),
        ("He came to ", "Kongens gate 22", " yesterday."),
        ("It stands at ", "Mannerheimintie 5 A 12", " now."),
        ("it is ", "Atatürk Caddesi No: 27", " için."),
        ("Parcel for ", "The Old Bakery, 3 Mill Lane", " today."),
    ],
)
def test_the_whole_street_is_hidden(before: str, street: str, after: str) -> None:
    text, counts = REDACTOR.redact_text(before + street + after)
    assert text.startswith(f"{before}⟦ADDRESS_1")
    assert counts["ADDRESS"] == 1
    assert text.partition("⟧")[2].startswith(after[:2])
    assert REDACTOR.redact_text(text)[0] == text


def test_what_follows_the_house_number_stays() -> None:
    assert REDACTOR.redact_text("Abito in via Torino 10 a Milano.")[0] == "Abito in ⟦ADDRESS_1⟧ a Milano."


@pytest.mark.parametrize(
    "text",
    [
        "We board via Terminal 3 at noon.", "Traffic goes out via Zone 4 only.", "Im Kapitel 4 steht mehr.",
        "Am Montag 3 Stunden", "Im Werk 3 wird gebaut.", "Please go to Step 3 and deliver to Gate 5.",
        "Send it via Slack 5 times", "The train calls at Berlin Hauptbahnhof 14:05.",
    ],
)  # fmt: skip
def test_what_is_numbered_is_no_street(text: str) -> None:
    assert REDACTOR.redact_text(text)[0] == text
