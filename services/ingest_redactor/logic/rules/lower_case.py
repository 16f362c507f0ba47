"""Names that people type in lower case: after words that tell a name, in front of a mail address, after a title.

No list holds all names, but a list of English words tells what is hardly one. Typing slips are no words either: where only
one unknown word stands, it must not be a slip away from a word.
"""

import re

from services.ingest_redactor.logic.names.english import is_of_the_language, is_slip, is_word
from services.ingest_redactor.logic.names.names_read import read_name
from services.ingest_redactor.logic.names.nonames import DRUG_ENDINGS, NEVER, NO_NAME, THINGS, WORDS_AS_LAST
from services.ingest_redactor.logic.names.tagger import places
from services.ingest_redactor.logic.names.token_roles import PARTICLES, TITLES, is_first_name
from services.ingest_redactor.logic.rules.confirm import Found
from shared.tasks.names import ambiguous_first_names, first_names, last_names

_WORD = r"[a-zß-öø-ɏḀ-ỿ][a-zß-öø-ɏḀ-ỿ'’-]+"
_LONG = r"[a-zß-öø-ɏḀ-ỿ][a-zß-öø-ɏḀ-ỿ'’-]{2,}"
_NAME = rf"{_WORD}(?: {_WORD}){{0,3}}"
_STOP = r"[.,;!?\n)\"']|$"
KIN = (
    r"(?:husband|wife|son|daughter|brother|sister|mom|mum|mother|dad|father|partner|boyfriend|girlfriend|bf|gf|friend|boss"
    r"|neighbou?r|colleague|coworker|cousin|uncle|aunt|roommate|flatmate|nephew|niece|fianc[eé]e?|landlord|manager|baby|kid"
    r"|child|late husband|late wife)"
)
FOREIGN_KIN = (
    r"(?:mi (?:esposo|esposa|marido|hijo|hija|hermano|hermana|madre|padre|novio|novia)"
    r"|mein(?:e|en|em|er)? (?:mann|frau|sohn|tochter|bruder|schwester|freund|freundin|mutter|vater)"
    r"|(?:mon|ma) (?:mari|femme|fils|fille|fr[eè]re|s(?:œ|oe)ur|m[eè]re|p[eè]re)"
    r"|m[oó]j(?:a|ego|ej)? (?:m[aą][zż]|[zż]ona|syn|c[oó]rka|brat|siostra)"
    r"|(?:meu|minha) (?:marido|esposa|filho|filha|irm[aã]o?)|mijn (?:man|vrouw|zoon|dochter|broer|zus)"
    r"|mi[oa] (?:marito|moglie|figlio|figlia|fratello|sorella))"
)
_TOLD = (
    r"(?:my (?:full |first |last )?name(?: is|'?s| was)|my names|(?:first|last|full|sur|given|family)[ _]?names?[:=]"
    r"|[fl]names?[:=]|me llamo|mi nombre es|le habla|habla|ich hei(?:ß|ss)e|mein name ist|je m'appelle|mi chiamo|ik heet"
    r"|meu nome [eé]|me chamo|nazywam si[eę])"
)
_TOLD_SMALL = (
    rf"(?i:\b{_TOLD}) ?(?P<v>{_NAME})"
    rf"|(?i:\b(?:i'?m|this is|it'?s|name(?: is)?|soy|sono|jestem|aqui [eé])) (?P<w>{_LONG}(?: {_WORD}){{0,2}}?)"
    rf"(?:{_STOP}| (?:and|but|i|my|here|calling|from|can|could)\b)"
    r"|(?i:\b(?:contact|customer|passenger|patient|guest|client|caller|tenant|applicant|employee|custodian|resident|pt"
    r"|call|text|message|remind|tell|ask|look up|ping|thx|thanks|invite|notify"
    r"|(?:driver|nurse|agent|rep|host|courier|technician|plumber|teacher|coach|waiter"
    r"|boss|manager|landlord) (?:is|was)|spoke (?:with|to|w/))) "
    rf"(?P<x>{_LONG}(?: {_WORD})?)"
    rf"|(?i:\b(?:greets|regards|cheers|signed|saludos|gru(?:ß|ss)|gr[uü](?:ß|ss)e|lg|vg|mfg),? )(?P<z>{_NAME})"
)
"""After words as common as ``i'm`` the end of the name is asked for too: most of what follows them is none."""
LOWER_CASE_NAME = rf"{_TOLD_SMALL}|\b(?P<y>{_LONG} {_LONG}(?: {_LONG})?),? [<(]?[a-z0-9._%+-]{{1,64}}@"
LOWER_CASE_SIGN = rf"{_TOLD_SMALL}|[a-z0-9._%+-]@"
"""Of :data:`LOWER_CASE_NAME`: words before a mail address would be followed from every word."""
BESIDE_SMALL = (
    r"(?:,? (?:bday|birthday|dob|d\.o\.b|born|policy|mrn|member|employee|student|patient|customer|acct|account)\b"
    r"| \+?\d{9,13}(?:\s|$))"
)
LOWER_CASE_NAMED = rf"(?:^|[,.!(\n] ?|\b(?:for|of|pt|patient|re) )(?P<v>{_WORD} {_LONG}(?: {_LONG})?){BESIDE_SMALL}"
"""``nicholas marks, bday 4/13/1981``"""
LOWER_CASE_TITLE = (
    rf"\b(?:dra?|mr|mrs|ms|mister|miss|prof|doctor|nurse|herr|frau|se[nñ]ora?|sr|sra)\.? (?P<v>{_NAME})"
    rf"|\b(?:(?i:my|his|her|their|our|your) )?{KIN} (?:(?:mr|mrs|ms|dr)\.? )?(?P<w>{_NAME})"
    rf"|\b(?i:{FOREIGN_KIN}) (?P<x>{_WORD})(?:{_STOP})"
)
GREETED_SMALL = rf"(?i:\b(?:hi|hello|dear) )(?P<v>{_LONG})\b"
WHOLE_NAME = rf"\b(?:for|by|with) (?P<v>{_LONG} {_LONG})(?:[,.;!?)]|$|'s )"
"""``update payroll for dilnoza yusupova,``: two words that are none."""
_STRONG = re.compile(rf"(?i)\b{_TOLD} ?$")
_GREETED = re.compile(
    r"(?i)\b(?:i'?m|this is|it'?s|name|greets|regards|cheers|signed|saludos|gru(?:ß|ss)|gr[uü](?:ß|ss)e|lg|vg|mfg),? $"
)
_CALLED = re.compile(r"(?i)\b(?:tell|ask|remind|ping|thx|thanks|invite|notify|text|(?:is|was)|spoke (?:with|to|w/)) $")
_GOES_ON = re.compile(
    r"[ ]?(?:$|[.,;!?\n)\"']| (?:and|but|i|my|here|calling|from|that|to|about|back|if|when|her|his|the|is)\b)"
)
_MISTER = frozenset(("mr", "mrs", "ms"))
_STOPS = ".,;!?\n)\"'"
_MONTHS = frozenset("april may june august".split())  # noqa: SIM905
_LEAST_CHARS = 3


def greeted_small(value: str, _before: str, _after: str) -> Found | None:
    """``hi claire it's …``: a known name, perhaps of a town too."""
    known = is_first_name(value) or (value in ambiguous_first_names() and not is_of_the_language(value))
    return Found(*read_name(value)) if known and value not in NEVER else None


def _is_listed(word: str) -> bool:
    if word in ambiguous_first_names():
        return not is_of_the_language(word) and word not in places() and word not in _MONTHS
    return word in first_names() or word in last_names()


def _may_be_a_name(word: str) -> bool:
    """A known name, or no word of the language."""
    if word in NEVER or word in NO_NAME or word in THINGS or len(word) < _LEAST_CHARS:
        return False
    return _is_listed(word) or not is_word(word)


def _head(words: list[str]) -> list[str]:
    """The words up to the first that is no name; a particle stays between two."""
    taken: list[str] = []
    for at, word in enumerate(words):
        is_particle = bool(taken) and word in PARTICLES and at + 1 < len(words) and _may_be_a_last_name(words[at + 1])
        is_half = bool(taken) and (
            word in last_names() or word in ambiguous_first_names() or (at == 1 and word in WORDS_AS_LAST)
        )
        if not (is_particle or is_half or _may_be_a_name(word)):
            break
        taken.append(word)
    return taken


def _found(words: list[str], *, is_last: bool = False) -> Found:
    name = " ".join(words)
    canonical, form = read_name(name)
    return Found(canonical, form.replace("first", "last") if is_last else form, None, len(name))


def _is_certain(word: str) -> bool:
    """Alone it is taken for a name: a known one, or a word that is not even a slip of another."""
    if word in places():
        return False
    return (
        is_first_name(word)
        or (_is_listed(word) and word in ambiguous_first_names())
        or (not is_word(word) and not is_slip(word))
    )


def lower_case_name(value: str, before: str, after: str) -> Found | None:
    """``my name is grace oyekan``: after these words alone any word may be a name; after others it must be known, or known
    as no other word."""
    words = value.split()
    if _STRONG.search(before) is not None:
        told = _told(words, after)
        return _found(told) if told else None
    taken = _head(words)
    if not taken:
        return _ambiguous(words)
    if len(taken) > 1:
        return _found(taken)
    alone = taken[0]
    if _GREETED.search(before) is not None:
        return _greeted(words, after)
    if _CALLED.search(before) is not None:
        return _found(taken) if _is_certain(alone) and not alone.endswith(DRUG_ENDINGS) else None
    is_known = alone in first_names() and alone not in places()
    return _found(taken) if is_known and _GOES_ON.match(_behind(1, words, after)) else None


def lower_case_named(value: str, _before: str, _after: str) -> Found | None:
    """A first name, though it be a word too, and last names; or words of which none is a word or a slip of one."""
    words = value.split()
    if not NEVER.isdisjoint(words) or not NO_NAME.isdisjoint(words) or not THINGS.isdisjoint(words):
        return None
    if all(map(_is_certain, words)):
        return _found(words)
    is_first = is_first_name(words[0]) or words[0] in ambiguous_first_names()
    return _found(words) if is_first and all(_may_be_a_last_name(word) for word in words[1:]) else None


def _may_be_a_last_name(word: str) -> bool:
    return word in last_names() or word in WORDS_AS_LAST or _may_be_a_name(word)


def _greeted(words: list[str], after: str) -> Found | None:
    """``i'm greta quill``: a name that nothing but itself follows, or after a known first name one word more."""
    if not _is_certain(words[0]) or words[1:2] == ["st"]:  # ``cody st. clair`` ends behind the dot
        return None
    if _GOES_ON.match(_behind(1, words, after)):
        return _found(words[:1])
    is_half = words[0] in first_names() and NEVER.isdisjoint(words[:2]) and NO_NAME.isdisjoint(words[:2])
    return _found(words[:2]) if is_half and _GOES_ON.match(_behind(2, words, after)) else None


def _behind(count: int, words: list[str], after: str) -> str:
    """The text after so many of the words."""
    return " ".join(["", *words[count:]]) + after


def _ambiguous(words: list[str]) -> Found | None:
    """``this is grace oyekan``: a name that is also a word, before a last name."""
    if len(words) > 1 and words[0] in ambiguous_first_names() and words[1] in last_names():
        return _found(words[:2])
    return None


def _told(words: list[str], after: str) -> list[str]:
    """What people say when they tell their name is one, though it be another word too."""
    taken = _head(words)
    if taken or words[0] in NEVER or words[0] in NO_NAME:
        return taken
    if words[0] in ambiguous_first_names() and is_of_the_language(words[1] if len(words) > 1 else "and"):
        return words[:1]
    if len(words) > 1:
        return words[:2] if _may_be_a_name(words[1]) else []
    return words if not after or after[0] in _STOPS else []


def whole_name(value: str, _before: str, _after: str) -> Found | None:
    """Neither of the two is a word or a slip of one."""
    words = value.split()
    return _found(words) if all(len(word) > _LEAST_CHARS and _is_certain(word) for word in words) else None


def titled_in_lower_case(value: str, before: str, _after: str) -> Found | None:
    """``dr rodriguez``, ``my husband paco``: a known name, or no other word."""
    words = value.split()
    title = before.rstrip(" .").rpartition(" ")[2].lower()
    is_titled = title in TITLES or title in ("dra", "sr", "sra")
    if is_titled and len(words[0]) < _LEAST_CHARS and not is_word(words[0]):
        return _found(words[:1], is_last=True)  # ``dr wu``
    if title in _MISTER and words[0] in WORDS_AS_LAST:
        return _found(words[:1], is_last=True)
    taken = _head(words)
    if not taken or not (_is_listed(taken[0]) or is_titled or any(map(_is_certain, taken))):
        return None
    if not is_titled and taken[0] in last_names() and taken[0] not in first_names():
        return None
    return _found(taken, is_last=is_titled and len(taken) == 1)
