"""Unusual spellings that patterns find and these functions confirm: mail addresses in words, names as airlines write."""

import re

from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.names_read import read_name
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, THINGS, WORDS_AS_LAST
from services.ingest_redactor.logic.names.tagger import places, stem_of
from services.ingest_redactor.logic.names.token_roles import is_first_name
from services.ingest_redactor.logic.names.unheard import is_eastern_last
from services.ingest_redactor.logic.rules.confirm import Found, joins, user_name
from services.ingest_redactor.logic.rules.lower_case import FOREIGN_KIN, KIN
from services.ingest_redactor.logic.rules.patterns import LETTER, UPPER
from shared.tasks.names import ambiguous_first_names, first_names, last_names

_AT, _DOT = r"\s?[\[({]\s?at\s?[\])}]\s?", r"(?:\s?[\[({]\s?dot\s?[\])}]\s?|\s{1,2}dot\s{1,2})"
_LOCAL, _HOST = rf"\b[{LETTER}0-9][{LETTER}0-9._%+-]*", r"[a-z0-9][a-z0-9-]*"
_TOP = (
    r"(?:com|org|net|edu|gov|info|io|co|eu|uk|ie|de|at|ch|fr|be|nl|es|pt|it|pl|se|no|dk|fi|br|mx|ca|us|au|nz|in|me|app"
    r"|dev)"
)
SPELLED_MAIL = (
    rf"(?i){_LOCAL}{_AT}{_HOST}(?:(?:{_DOT}|\.){_HOST}){{1,3}}\b"
    rf"|(?:{_LOCAL}(?:{_DOT}|\s(?:dash|hyphen|underscore)\s)){{0,3}}{_LOCAL}\s{{1,2}}at\s{{1,2}}{_HOST}(?:{_DOT}{_HOST}){{0,2}}{_DOT}{_TOP}\b"
)
MAIL_SIGN = r"(?i)[\[({]\s?(?:at|dot)\s?[\])}]|\sdot\s"
"""Without which no mail address is spelled."""
_SIGN_AT = re.compile(rf"{_AT}|\s{{1,2}}at\s{{1,2}}", re.IGNORECASE)
_SIGN_DOT = re.compile(_DOT, re.IGNORECASE)

AIRLINE_NAME = (
    r"\b(?P<v>[A-Z]{2,24}/[A-Z]{2,24}(?: [A-Z]{2,24}){0,2}) (?:MR|MRS|MS|MISS|MSTR|DR|CHD|INF)\b"
    r"|\b(?:(?:VAN|VON|DE|DEL|DELLA|DA|DOS|LA|BIN|AL|EL)(?: DER| DEN| LA| LOS)? )?[A-Z]{2,24}/[A-Z]{2,24}\b"
)
_BEFORE_PASSENGER = re.compile(r"\b(?:PAX|Pax|PASSENGER|NAME ON CARD):?[ ]{1,4}$")
_CAPITALISED = rf"[{UPPER}][{LETTER}'’-]+"
NAME_BEFORE_RECORD = (
    rf"\b(?P<v>{_CAPITALISED}(?: [{UPPER}]\.)?(?: {_CAPITALISED}){{1,2}})(?:[,:]? | \(|[,:])"
    r"(?:DOB|D\.O\.B|MRN|SSN|NHS|dob|mrn|born)\b"
    rf"|\*\*(?P<y>{_CAPITALISED}, {_CAPITALISED})\*\* \("
    rf"|\b(?P<x>{_CAPITALISED}, {_CAPITALISED}(?: [{UPPER}]\b\.?)?),? (?:DOB|D\.O\.B|MRN|SSN|dob|mrn|born)\b"
    rf"|(?:^|\n)[ \t]{{0,4}}\d{{1,2}}:\d{{2}}(?: ?[AaPp][Mm])?[ \t]{{1,4}}(?P<w>{_CAPITALISED}(?: {_CAPITALISED})"
    rf"?, {_CAPITALISED}(?: {_CAPITALISED})?)"
    r"(?:  |\t|\n|$)"
)
"""``Cormac McElhinney, DOB``; a row of appointments: ``9:30  Salonga, Analyn  chart …``."""
IN_BED = (
    rf"\b[Bb]ed \d{{1,3}}[A-Z]? (?P<v>{_CAPITALISED}(?: {_CAPITALISED})?) \("
    rf"|\b[Jj]e soussign[ée]e?(?:\(e\))?,? (?P<w>{_CAPITALISED}(?: {_CAPITALISED})?),"
)
"""``bed 2 Zubela (2672930) fasting``"""
NAME_AFTER_INITIALS = (
    rf"\b(?:{_CAPITALISED} )?(?:[{UPPER}]\. ?){{1,3}}(?:(?:Ní|Ó|St\.?|Mac|[Vv]an|[Vv]on|[Dd]e|[Dd]a|[Dd]i|[Ee]l"
    rf"|[Aa]l) )?[{UPPER}][{LETTER}'’]{{1,24}}(?:-[{UPPER}][{LETTER}'’]{{1,24}})?"
)
NUMBERED_PASSENGER = (
    rf"\b\d{{1,2}}\.(?P<v>[{UPPER}Ḁ-ỿ]{{2,}}(?: [{UPPER}Ḁ-ỿ]{{2,}}){{1,3}}) (?:MR|MRS|MS|MISS|MSTR|CHD|DR)\b"
)
"""``1.KEALOHA KEONI MR``"""
NAME_IN_CAPITALS = (
    rf"\b[{UPPER}][{UPPER}'’-]+, [{UPPER}][{UPPER}'’-]{{2,}}(?: [A-Z]\b)?"
    rf"|\b[{UPPER}][{UPPER}'’-]{{1,}}, [{UPPER}][a-zß-ÿ]{{2,}}\b"
)
_TITLE = re.compile(r" ?([A-Z]{2,4})\b")
_AIRLINE_TITLES = frozenset("MR MRS MS MISS MSTR DR CHD INF".split())  # noqa: SIM905

NAME_BEFORE_AGE = (
    rf"\b(?P<v>[{UPPER}][{LETTER}'’-]+(?: [{UPPER}][{LETTER}'’-]+)?)(?:, ?| \(| )\d{{1,3}} ?(?:yo|y/o|y\.o\.|mo|yrs?|YO|Y/O"
    r"|YRS?)\b"
)
"""``Deion, 4yo``"""

NAME_ON_A_CARD = (
    r"\b(?:FULL NAMES?|SURNAMES?|GIVEN NAMES?|FORENAMES?|FIRST NAMES?|LAST NAMES?|NAMES?|APELLIDOS?|NOMBRES?|NOME|COGNOME"
    r"|NACHNAME|VORNAMEN?|NOM|PR[EÉ]NOMS?)[ ]{1,3}(?P<v>[A-Z][A-Z'’-]+(?: [A-Z][A-Z'’-]+){0,3})(?:\n|  |$)"
)
"""As identity cards print it: a label in capitals without a sign."""
NAME_AFTER_KIN = (
    rf"\b(?:(?i:my|his|her|their|our|your) {KIN}|(?i:{FOREIGN_KIN})|[Mm]on conjoint|[Mm]a conjointe"
    r"|[Ee]x[ -](?:husband|wife|partner)"
    r"|Sohn|Tochter|Ehemann|Ehefrau|Vater|Mutter|Bruder|Schwester|Enkel|[Ff]ils|[Ff]ille|[Mm]ari|[Hh]ij[oa]|[Ee]spos[oa]"
    r"|[Ff]igli[oa]|[Mm]oglie|[Mm]arito|[Ff]ilh[oa]|[Nn]onn[oa]|[Zz]oon|[Dd]ochter|[Bb]roer)"
    rf",? (?P<v>[{UPPER}][{LETTER}'’-]+(?:(?: [{UPPER}]\.)?(?: [{UPPER}][{LETTER}'’-]+))?)"
)
OF_A_JOINED_LAST = (
    rf"\b(?P<v>{_CAPITALISED} [{UPPER}][{LETTER}]+-[{UPPER}][{LETTER}]+)['’]s\b"
    rf"|\b(?P<w>{_CAPITALISED} [dD]['’][{UPPER}][{LETTER}]+)\b"
)
"""``Kofi Mensah-Bright's``, ``Solène d'Aubigny``"""
_JOINED = r"[A-Z][a-z]{1,8}-[A-Za-z][a-z]{1,8}"
JOINED_EASTERN = rf"\b(?:{_JOINED} [A-Z][a-z]{{1,7}}|[A-Z][a-z]{{1,7}} {_JOINED})\b"
"""``Chih-Wei Zhao``, ``Park Soo-ah``"""
NAME_BEFORE_MAIL = (
    rf"(?P<v>[{UPPER}][{LETTER}'’-]+"
    rf"(?: (?:(?:van|von|de|del|della|da|dos|la|bin|al|el) ){{0,2}}[{UPPER}][{LETTER}'’-]*\.?){{1,3}})"
    r",?[ ][<(]?[A-Za-z0-9._%+-]{1,64}@[a-z]"
)
_CLOSING = (
    r"(?:(?:[Bb]est|[Kk]ind|[Ww]arm|[Mm]any)(?: (?:wishes|regards|thanks))?|[Rr]egards|[Tt]hanks(?: again)?|[Cc]heers"
    r"|[Ss]incerely"
    r"|Yours(?: sincerely| truly)?|Saludos|Cordialement|Abraços?|Groeten|Grüße|(?:Viele|Beste|Liebe) Grüße|Cordiali saluti)"
)
NAME_AFTER_CLOSING = (
    rf"\b{_CLOSING},\s{{1,2}}(?P<v>[{UPPER}][{LETTER}'’-]+(?: [{UPPER}][{LETTER}'’.-]*){{0,2}})(?:[\n.(]|\\n|  |$)"
)
GREETED_IN_MARKS = (
    rf"\b(?:Hello|Hi|Dear|Hey),? ?<(?:b|strong|span|i|em)>(?P<v>[{UPPER}][{LETTER}'’-]+(?: [{UPPER}][{LETTER}'’-]+)?)</"
)
MACHINE_READABLE_NAME = r"\bP[A-Z<][A-Z][A-Z<]{2}(?P<v>[A-Z]+(?:<[A-Z]+)*<<[A-Z]+(?:<[A-Z]+)*)"
MACHINE_READABLE_NUMBER = r"\b[A-Z0-9<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{0,16}"
"""The zone for machines of a passport (ICAO 9303, part 4)."""
MAIL = r"[\w.%+-]@[a-z]"
HANDLE_AFTER_ROLE = (
    r"(?i)(?:\b(?:assignee|reporter|owner|reviewer|author|user|cc|by|contact)s?[ :=]{1,3}@|(?:password|publickey) for )"
    r"(?P<v>[a-z]{2,24}[._-][a-z0-9]{2,24})\b"
    r"|\b(?:pushed|merged|committed|created|assigned|opened|closed|reviewed|approved|requested|deployed|triggered|updated"
    r"|revoked|rotated|granted|locked|unlocked|disabled|enabled|deleted|removed|edited|changed|signed|run|started|stopped)"
    r" (?:by|to) (?P<w>[a-z]{2,24}[._-][a-z]{2,24})\b"
)


def spelled_mail(value: str, _before: str, _after: str) -> Found | None:
    """``ann.lee [at] example dot org``"""
    place = _SIGN_AT.search(value)
    if place is None:
        return None
    host = _SIGN_DOT.sub(".", value[place.end() :])
    return Found(f"{value[: place.start()]}@{host}".lower(), "")


def airline_name(value: str, before: str, after: str) -> Found | None:
    """``DOE/JANE MRS``: a title says so, or a known first name that is no town."""
    last, _, first = value.partition("/")
    title = _TITLE.match(after)
    titled = (title is not None and title[1] in _AIRLINE_TITLES) or _BEFORE_PASSENGER.search(before) is not None
    if before[-1:] in ("/", "-", "_") or after[:1] in ("/", "-", "_"):
        return None
    low = first.lower()
    if not titled and (not is_first_name(low) or low in NEVER or last.lower() in NO_NAME):
        return None
    if not titled and low in places() and last.lower() in places():
        return None
    return Found(f"{low}|{last.lower()}", "upper")


def name_before_record(value: str, _before: str, _after: str) -> Found | None:
    """Words that are nobody's name are none here either: ``Patient DOB``."""
    words = [word.lower() for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", value) if len(word) > 1]
    if any(word in NEVER or word in NO_NAME or word in THINGS for word in words):
        return None
    if all(is_word(word) or word in places() for word in words):
        return None
    name = value[: len(stem_of(value))]
    return Found(*read_name(name), length=len(name))


_NO_INITIALS = frozenset("us uk un eu dc ai po pm am st fc sc afc".split())  # noqa: SIM905
_ENDS = ("", ".", ",", ";", ":", ")", "\n", '"', "'")
_SPECIES = frozenset("pylori coli difficile aureus".split())  # noqa: SIM905


_MEASURED = re.compile(r"\d\.\d+ $")
"""``net 9.2 L. Recheck``"""


def name_after_initials(value: str, before: str, after: str) -> Found | None:
    """``Advisor D. Dimaculangan``, ``L.H. Weeks``: an initial or two before what is no other word, with the first name."""
    first = value.partition(" ")[0] if value[1].isalpha() else ""
    skipped, low = len(first) + 1 if first else 0, first.lower()
    is_named = bool(first) and not (is_word(low) or low in NEVER or low in NO_NAME or low in places())
    bare, before = value[skipped:], value[:skipped] or before
    word = bare.rpartition(".")[2].strip().lower()
    initials = bare[: -len(word)].replace(".", "").replace(" ", "").lower()
    if (
        (before and (before[-1].isalnum() or before[-1] in "._-/"))
        or _MEASURED.search(before)
        or after[:1].isalnum()
        or initials in _NO_INITIALS
        or word in _SPECIES
    ):
        return None
    if word in NEVER or word in places():
        return None
    listed = before.rstrip().endswith((",", ":", " and"))  # ``C. Adams, K. Salmon, J. Smith``
    ends = after[:1] in _ENDS and (len(initials) > 1 or listed)  # ``L.H. Weeks``
    if is_word(word) and word not in WORDS_AS_LAST and not (ends and word not in NO_NAME):
        return None
    if is_named:
        return Found(*read_name(value))  # ``Thandiwe J. Balogun``
    return Found(*read_name(bare), skipped=skipped)


def numbered_passenger(value: str, _before: str, _after: str) -> Found | None:
    last, _, first = value.lower().partition(" ")
    return Found(f"{first}|{last}", "upper")


def name_in_capitals(value: str, before: str, after: str) -> Found | None:
    """``HASSAN, ABDIRAHMAN A``: last name first, as registers print it, where one of them is known."""
    last, _, given = value.partition(", ")
    first = given.split()[0].lower().strip("'’")
    stems = (last.lower(), first)
    if before[-1:] in ("-", "_", "/") or not NEVER.isdisjoint(stems) or not NO_NAME.isdisjoint(stems):
        return None
    known = is_first_name(first) or stems[0] in last_names() or stems[0] in first_names()
    known = known or (not given.isupper() and stems[0] not in places() and not any(map(is_word, stems)))
    if first in places() or (is_word(first) and not _may_be_a_first_name(first)):
        return None  # ``DELGADILLO, POLICY``
    return Found(f"{first}|{last.lower()}", "upper" if given.isupper() else "") if known and after[:1] != "-" else None


def name_before_age(value: str, _before: str, _after: str) -> Found | None:
    words = value.lower().split()
    if not NEVER.isdisjoint(words) or not NO_NAME.isdisjoint(words) or not THINGS.isdisjoint(words):
        return None
    return Found(*read_name(value))


def name_before_mail(value: str, before: str, _after: str) -> Found | None:
    """``Zhang Xiaoming xmzhang@example.org``: a known name, or no words."""
    words = value.lower().split()
    if before[-1:].isalnum() or any(word in NEVER or word in NO_NAME or word in THINGS for word in words):
        return None
    known = any(_may_be_a_first_name(word) or word in last_names() for word in words)
    return Found(*read_name(value)) if known or not any(map(is_word, words)) else None


def machine_readable_name(value: str, _before: str, _after: str) -> Found | None:
    """``ABERCROMBIE<<FERGUS<ALASDAIR``"""
    last, _, first = value.partition("<<")
    return Found(f"{first.split('<')[0].lower()}|{last.replace('<', ' ').lower()}", "upper")


def name_on_a_card(value: str, _before: str, _after: str) -> Found | None:
    words = value.lower().split()
    return Found(*read_name(value)) if NEVER.isdisjoint(words) and NO_NAME.isdisjoint(words) else None


def _may_be_a_first_name(word: str) -> bool:
    """Also one that is a word or a town as well."""
    return word in first_names() or word in ambiguous_first_names()


def name_after_closing(value: str, _before: str, _after: str) -> Found | None:
    """``Best wishes, Cathal``: a name, or no word of the language."""
    words = value.lower().rstrip(".").split()
    if any(word in NEVER or word in NO_NAME or word in THINGS for word in words):
        return None
    return Found(*read_name(value)) if _may_be_a_first_name(words[0]) or not is_word(words[0]) else None


def joined_eastern(value: str, before: str, after: str) -> Found | None:
    """Of a joined first name one half at least is no word; the last name is a known one."""
    left, right = value.split(" ")
    first, last = (left, right) if "-" in left else (right, left)
    if after[:1] in ("-", "'", "’") or before[-1:] == "-" or all(is_word(half.lower()) for half in first.split("-")):
        return None
    return Found(*read_name(value)) if is_eastern_last(last, first) else None


def name_after_kin(value: str, _before: str, _after: str) -> Found | None:
    """``My husband Festus``: a name, or no word of the language."""
    first, _, last = value.partition(" ")
    word = stem_of(first)
    if word in NEVER or word in NO_NAME or (is_word(word) and not _may_be_a_first_name(word)):
        return None
    low = stem_of(last)
    is_last = low in WORDS_AS_LAST or (low not in NEVER and low not in NO_NAME and low not in THINGS)
    is_whole = bool(low) and len(word) == len(first) and is_last
    length = len(first) + 1 + len(low) if is_whole else len(word)
    return Found(*read_name(value[:length]), None, length)


_BEFORE_OF = frozenset("côte cote coeur cœur val ile île pays table chef prix palais valle porto".split())  # noqa: SIM905


def of_a_joined_last(value: str, _before: str, _after: str) -> Found | None:
    first, _, last = value.lower().partition(" ")
    is_told = is_first_name(first) or not (is_word(first) or any(map(is_word, re.split("['’-]", last))))
    if first in _BEFORE_OF or first in places():
        return None
    return Found(*read_name(value)) if is_told and first not in NEVER and first not in NO_NAME else None


def handle_after_role(value: str, before: str, after: str) -> Found | None:
    """After ``by`` or ``to`` alone it must hold a known name."""
    if after and joins(after[0]):
        return None
    return user_name(value.lower(), "", after) if before.endswith((" by ", " to ")) else Found(value.lower(), "")
