"""What is known to be a name, or may be one as a whole: its canonical form, and whether it is a person's.

Canonical form of a name: its first and last token, lower-cased, ``maria|garcia``; a name of one token has only that.
"""

import re

from services.ingest_redactor.logic.mentions import Mention
from services.ingest_redactor.logic.names.east_asian import read_east_asian
from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.nonames import NO_NAME, WORDS_AS_LAST
from services.ingest_redactor.logic.names.tagger import lists_of, stem_of
from shared.prompting.renderings import read_case
from shared.tasks.names import ambiguous_first_names, first_names, last_names

NAME_PRIORITY = 500
"""Of names that the tagger found; what layout and rules tell of names ranks beside it."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_SUFFIXES = frozenset("jr sr ii iii iv md phd esq".split())  # noqa: SIM905
"""What stands behind a last name."""


def read_name(text: str) -> tuple[str, str]:
    """Canonical name and form of a rendering: ``first`` for a name of one token, and its letter case."""
    eastern = read_east_asian(text)
    if eastern is not None:
        return eastern.canonical, ""
    tokens = text.replace(",", " ").split()
    case = read_case(text)
    while len(tokens) > 2 and tokens[-1].rstrip(".").lower() in _SUFFIXES:
        tokens.pop()
    if len(tokens) == 1:
        return tokens[0].lower(), ".".join(part for part in ("first", case) if part)
    return f"{tokens[0].lower()}|{tokens[-1].lower()}", case


def is_of_a_thing(mention: Mention) -> bool:
    """Whether a name that the tagger found under a key of things, ``bank`` or ``breed``, is the thing's: it is but
    for a first and a last name that are known."""
    first, _, last = mention.canonical.partition("|")
    return mention.priority == NAME_PRIORITY and not (first in first_names() and last in last_names())


def looks_like_a_person(text: str) -> bool:
    """Whether a value under the bare key ``name`` is a person's: known names, or two or three capitalised words."""
    if read_east_asian(text) is not None:
        return True
    tokens = text.replace(", ", " ", 1).split()  # ``Doe, Jane``
    if not 1 <= len(tokens) <= 4 or not all(_WORD.fullmatch(token) for token in tokens):
        return False
    stems = [stem_of(token).rstrip(".") for token in tokens]
    if not NO_NAME.isdisjoint(stems):
        if len(stems) != 2:
            return False
        is_last = stems[1] in WORDS_AS_LAST and not is_word(stems[0])  # ``Hyun-woo Park``
        return is_last or all(lists_of(stem) & 7 for stem in stems)  # ``April May``, ``Will Grace``
    if stems[0] in first_names():
        return True
    known = stems[0] in ambiguous_first_names() or stems[-1] in last_names()
    return len(tokens) in (2, 3) and (known or all(token[0].isupper() for token in tokens))
