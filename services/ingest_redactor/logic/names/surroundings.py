"""What stands around a capitalised word and says that it is no name: where it begins, in which language, beside what."""

import re

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.foreign import is_foreign_word, is_or_may_be_foreign_word
from services.ingest_redactor.logic.names.tagger import SCALE, lists_of, stem_of
from services.ingest_redactor.logic.names.token_roles import is_first_name

_HARDLY_ELSE = 3 * SCALE
"""A word that no list holds and that scores so high is a name in any language."""
_DOSE = re.compile(r"\d[\d.,]*(?:mg|mcg|µg|ml|units?|tabs?|tablets?|puffs?|iu)(?![a-z])", re.IGNORECASE)
_BEFORE_SENTENCES = frozenset((".", "!", "?", "\n"))
_ITEMS: tuple[list[str], ...] = ([], ["\n"])
_LIMITED_TEXT = """
tool tools token tokens call calls word words char chars characters length retries attempts results items turns rows lines
output input response tries price budget score size age speed temperature number amount depth steps iterations concurrency
"""
_LIMITED = frozenset(_LIMITED_TEXT.split())
_WITHIN = frozenset("in near visit visiting nach à em".split())  # noqa: SIM905
_TRIPS = frozenset("trip flight flights travel travelling traveling fly flying train bus move moving drive way".split())  # noqa: SIM905
"""Before ``to`` or ``from`` and a name that is a town as well, they say that the town is meant."""


def is_a_word_there(tokens: list[str], at: int, is_narrow: bool, name: int) -> bool:
    """``1. Ship``, ``Wählen Sie eine Seite``: every word has a capital there, or it is one of the language spoken."""
    stem, begins, is_listed = stem_of(tokens[at]), _begins(tokens, at), lists_of(tokens[at]) & 7
    if not is_listed and not is_first_name(stem):
        if is_narrow and begins and is_word(stem):
            return True
        is_hardly_else = name >= _HARDLY_ELSE
        return is_foreign_word(tokens, at) if is_hardly_else else is_or_may_be_foreign_word(tokens, at, begins=begins)
    return (begins or not is_listed) and is_foreign_word(tokens, at)


def _begins(tokens: list[str], at: int) -> bool:
    """Whether a token is the first of a line, a sentence or an item of a list."""
    return (
        at == 0
        or tokens[at - 1] in _BEFORE_SENTENCES
        or (tokens[at - 1] in "-*•)" and tokens[at - 2 : at - 1] in _ITEMS)
    )


def is_gone_to(tokens: list[str], at: int) -> bool:
    """``a trip to Paris``, ``in Florence``; ``a note to Florence`` goes to a person."""
    before = tokens[at - 1].lower() if at else ""
    return before in _WITHIN or (before in ("to", "from") and at > 1 and tokens[at - 2].lower() in _TRIPS)


def is_measured(tokens: list[str], at: int) -> bool:
    """``Ativan 5 mg`` is a drug, the letter of ``38.4 C`` a unit."""
    if len(tokens[at]) == 1:
        return at > 0 and tokens[at - 1][0].isdigit()
    if at + 1 == len(tokens) or not tokens[at + 1][0].isdigit():
        return False
    return _DOSE.match("".join(tokens[at + 1 : at + 6])) is not None


def is_most(tokens: list[str], at: int) -> bool:
    """``Max tool calls: 8``"""
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    return tokens[at] in ("Max", "Min") and (following[:1].isdigit() or following.lower() in _LIMITED)


def is_beside_a_number(tokens: list[str], at: int) -> bool:
    return (at + 1 < len(tokens) and tokens[at + 1][0].isdigit()) or (at > 0 and tokens[at - 1][0].isdigit())


def is_sainted(tokens: list[str], at: int) -> bool:
    """``St. Mary's``: a church, a hospital, a town."""
    before = at - 2 if at > 1 and tokens[at - 1] == "." else at - 1
    return before >= 0 and tokens[before] in ("St", "Saint")
