"""What a token is by itself, whatever stands around it: word lists and letter case as bits."""

from services.ingest_redactor.logic.nonames import NEVER
from services.ingest_redactor.logic.tagger import stem_of
from shared.tasks.names import first_names, last_names

CAPITALISED, TITLE, PARTICLE, DOT, FIRST_NAME, LAST_NAME, ANNOUNCING = 1, 2, 4, 8, 16, 32, 64

_TITLES_TEXT = """
mr mrs ms dr prof professor doctor sir madam mister miss nurse rn herr frau madame monsieur mme señor señora signor signora
mevrouw meneer senhor senhora pani
"""
TITLES = frozenset(_TITLES_TEXT.split())
INTRODUCING = frozenset("soy llamo m'appelle m’appelle appelle chiamo heiße heisse heter hedder heet chamo".split())  # noqa: SIM905
"""Verbs with which people tell their names."""
_PARTICLES_TEXT = (
    "van von der den de del della di da du das dos la le bin ben ibn bint ole al el y ter ten st dela een Ní Nic Mac Uí"
)
PARTICLES = frozenset(_PARTICLES_TEXT.split())
BEFORE_NAMES = (
    PARTICLES | INTRODUCING | {form for title in TITLES for form in (title.capitalize(), title.upper())} | {"."}
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


def roles_of(token: str) -> int:
    """Bits: ``CAPITALISED`` a word that may be of a name, ``TITLE``, ``PARTICLE`` and ``DOT`` what may stand before a name,
    ``FIRST_NAME`` a known one in lower case, ``LAST_NAME`` one in any case, ``ANNOUNCING`` after which names are told.
    """
    low, is_upper = token.lower(), token[0].isupper()
    roles = 0
    if is_upper and token not in _NEVER_CAPITALISED:
        roles |= CAPITALISED
    if (is_upper and low in TITLES) or token in INTRODUCING:
        roles |= TITLE
    if token in PARTICLES:
        roles |= PARTICLE
    if token == ".":  # noqa: S105
        roles |= DOT
    if token in first_names() and len(token) > 1:
        roles |= FIRST_NAME
    if stem_of(token) in last_names():
        roles |= LAST_NAME
    if low in ANNOUNCING_WORDS:
        roles |= ANNOUNCING
    return roles
