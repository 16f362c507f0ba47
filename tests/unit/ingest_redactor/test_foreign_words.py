"""Words of other languages are nobody's name where the language is spoken; names stay names there."""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner

NARROW = Redactor(Scanner("pii"))


@pytest.mark.parametrize(
    "text",
    [
        "Wählen Sie bitte eine Seite aus, die Sie ändern möchten.", "Diese Seite ist noch nicht da, weil das Konto fehlt.",
        "Você pode me dizer como está o tempo hoje em casa?", "Quiero saber cuánto tengo que pagar por mes.",
        "Masukkan kata sandi yang benar untuk akun Anda.", "Välj den sida som du vill ta bort från denna lista.",
        "Пожалуйста, скажите мне, когда это будет готово.", "Peux-tu me dire quel temps il fait chez vous demain ?",
        "Aggiungi una pagina alla lista che hai fatto durante la settimana.",
    ],
)  # fmt: skip
def test_plain_sentences_stay(text: str) -> None:
    assert NARROW.redact_text(text)[0] == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bitte sagen Sie Katharina, dass die Seite nicht geht.", "Katharina"),
        ("Ich habe mit Herrn Zubler über das Konto gesprochen.", "Zubler"),
        ("Quiero hablar con Guadalupe sobre lo que tengo que pagar.", "Guadalupe"),
        ("Votre chauffeur Mohamed Zuberif ne m'a pas dit le prix.", "Mohamed Zuberif"),
        ("jag vill prata med annika om den här sidan", "annika"),
    ],
)
def test_people_are_found_there_too(text: str, name: str) -> None:
    assert name not in NARROW.redact_text(text)[0]


def test_in_english_the_same_words_may_be_names() -> None:
    redacted, _ = NARROW.redact_text("Please tell Alla that the order will be there by noon, and call her back.")
    assert "Alla" not in redacted
