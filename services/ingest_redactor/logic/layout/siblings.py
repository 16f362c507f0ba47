"""Values that stand side by side, in one JSON object or one row of a table: what each is follows from all their keys."""

import re
from collections.abc import Iterable, Sequence, Set

from services.ingest_redactor.logic.mentions import Mention
from services.ingest_redactor.logic.names.token_roles import TITLES
from services.ingest_redactor.logic.rules.addresses import unit_alone
from services.ingest_redactor.logic.rules.key_table import NUMBERED
from services.ingest_redactor.logic.rules.keys import kind_of, normalised, read_value

KEY_PRIORITY = -1
WITH_PERSON = ("ZIP", "PLACE", "PLACE?", "UNIT", "AGE")
"""Types that are identifiers only beside one of :data:`TIES`; an age beside a bare name too."""
TIES = ("ADDRESS", "ADDRESS.any", "STREET", "DOB", "SSN", "NAME", "NAME.first", "NAME.last")
_BILLED = ("ACCOUNT", "CARD")
"""A postal code beside one of these is what its holder proves it with; a town is not."""
_REACHED = ("NAME", "EMAIL")
"""So it is beside a value that turned out to be a name, or a mail address."""
_BARE = "NAME?"
_BARE_NAMES = (_BARE, "NAME?number", "NAME?user")
_FIRST, _LAST = "NAME.first", "NAME.last"
_ABOUT_A_PERSON = frozenset(("EMAIL", "PHONE", "ADDRESS", "STREET", "SSN", "USER"))
_SECOND_LINE = re.compile(r"(?:.*_)?(?:line|address|addr|street)_?[23]")
"""It may have no number: ``Boring Canal Road``."""
_OWN_TEXT = """
id uid uuid oid guid pid cid no nr num number nummer numero code codigo ref reference key external_id id_no id_number case_id
chart
uid_number sid ext_id legacy_id global_id doc doc_no doc_number num_doc document document_no pp num_cert
"""
_OWN = frozenset(_OWN_TEXT.split())
"""Keys of a number that in an object of a person is the person's."""
_BARE_NUMBERS = frozenset(("no", "nr", "num", "number", "nummer"))
_HAS_A_NUMBER = re.compile(NUMBERED)
_FEW_KEYS = 4
_TYPES_OF_DOCUMENT = frozenset(("doc_type", "tipo_doc", "tipo_documento", "document_type", "id_type", "identity_type"))
_OF_DOCUMENT = frozenset(
    ("doc_no", "num_doc", "nro_doc", "numero_documento", "doc_number", "document_no", "document_number", "id_no")
)
"""Beside the type of a document: the number on it."""
_OF_DEALS_TEXT = """
total amount price subtotal items sku quantity qty subject title start end check_in check_out checkin checkout departure
arrival origin destination due due_date severity event product room nights currency order_id order_no tracking
tracking_number carrier invoice summary pickup dropoff seats party_size
"""
_OF_DEALS = frozenset(_OF_DEALS_TEXT.split())
"""Beside one of these the number is that of a deal, a ticket or a meeting."""
_LAST_BESIDE_FIRST = frozenset("name nom naam namn navn nachnamen family last".split())  # noqa: SIM905
_FIRST_BESIDE_LAST = frozenset("name nombre nome nume nom ime ad given first".split())  # noqa: SIM905


def kinds_of_siblings(keys: Sequence[str]) -> list[str | None]:
    """As :func:`kind_of` of each. A bare name is the half of a person's that no key beside it names: ``nom`` with
    ``prenom``, ``nome`` with ``cognome``."""
    return resolved(keys, [kind_of(key, "") for key in keys])


def resolved(keys: Sequence[str], kinds: list[str | None]) -> list[str | None]:
    """The kinds of single keys, where a bare name is the other half of a name, and a bare number a person's own."""
    if "ADDRESS" in kinds or "STREET" in kinds:
        kinds = [
            "ADDRESS.any" if kind in ("ADDRESS", "STREET") and _SECOND_LINE.fullmatch(normalised(key)) else kind
            for key, kind in zip(keys, kinds, strict=True)
        ]
    if "USER@" in kinds and any(kind is not None and kind.startswith("NAME") for kind in kinds):
        kinds = ["USER" if kind == "USER@" else kind for kind in kinds]
    if _BARE not in kinds and None not in kinds:
        return kinds
    words = [normalised(key) for key in keys]
    if len(words) <= _FEW_KEYS and None in kinds and any(_HAS_A_NUMBER.fullmatch(word) for word in words):
        kinds = owned(words, kinds, _BARE_NUMBERS)  # ``{"emp": "Doe J.", "no": "50-9617"}``
    kinds = _with_halves(words, kinds)
    if not _TYPES_OF_DOCUMENT.isdisjoint(words):
        kinds = [
            "ID" if kind is None and word in _OF_DOCUMENT else kind for word, kind in zip(words, kinds, strict=True)
        ]
    return owned(words, kinds) if tells_a_person(kinds) else kinds


def owned(words: Sequence[str], kinds: list[str | None], numbers: Set[str] = _OWN) -> list[str | None]:
    """The kinds of keys in an object of a person: a bare number is the person's, unless the object tells of a deal."""
    if not _OF_DEALS.isdisjoint(words):
        return kinds
    return ["MEMBER" if kind is None and word in numbers else kind for word, kind in zip(words, kinds, strict=True)]


def tells_a_person(kinds: Sequence[str | None]) -> bool:
    """A mail address, a birth, both halves of a name, or a name beside how to reach its bearer."""
    if "EMAIL" in kinds or "DOB" in kinds:
        return True
    named = any(kind is not None and kind.startswith("NAME") for kind in kinds)
    return (_FIRST in kinds and _LAST in kinds) or (named and not _ABOUT_A_PERSON.isdisjoint(kinds))


def _with_halves(words: list[str], kinds: list[str | None]) -> list[str | None]:
    first, last = _FIRST in kinds, _LAST in kinds
    if not (first or last):
        if "first" not in words or "last" not in words:
            return kinds
        return [{"first": _FIRST, "last": _LAST}.get(word, kind) for word, kind in zip(words, kinds, strict=True)]
    if first and last:
        return kinds
    half, halves = (_LAST, _LAST_BESIDE_FIRST) if first else (_FIRST, _FIRST_BESIDE_LAST)
    return [half if kind in (_BARE, None) and word in halves else kind for word, kind in zip(words, kinds, strict=True)]


def keyed_mention(kind: str, text: str) -> Mention | None:
    """A whole value under a key of that kind, or ``None`` if it is no such value after all."""
    unit = unit_alone(text) if kind in ("ADDRESS", "STREET", "UNIT") else None
    if unit is not None:
        return unit
    start = _after_title(text) if kind.startswith("NAME") else 0
    read = read_value(kind, text[start:])
    return Mention(start, len(text), *read, KEY_PRIORITY) if read is not None else None


def _after_title(name: str) -> int:
    """Where a name begins: ``Mrs Jane Doe``. A title alone is left."""
    title, space, rest = name.partition(" ")
    return len(title) + 1 if space and rest and title.rstrip(".").lower() in TITLES else 0


def tied(siblings: Iterable[tuple[str, Mention]]) -> list[Mention | None]:
    """What counts of siblings with their kinds: towns and postal codes only beside an address or a person; a first and a
    last name are one person."""
    row = list(siblings)
    kinds = {kind for kind, _ in row}
    types = {mention.type for _, mention in row}
    alone = kinds.isdisjoint(TIES) and not types.issuperset(_REACHED)
    nobody = kinds.isdisjoint((*TIES, *_BARE_NAMES))
    code_alone = alone and kinds.isdisjoint(_BILLED) and types.isdisjoint(_REACHED)
    parts = {kind: mention.canonical for kind, mention in row if kind in (_FIRST, _LAST)}
    whole = f"{parts[_FIRST]}|{parts[_LAST]}" if len(parts) == 2 else None
    found: list[Mention | None] = []
    for kind, mention in row:
        is_by_key = mention.priority == KEY_PRIORITY  # what a text says of its own counts anyway
        if kind in WITH_PERSON and is_by_key and {"AGE": nobody, "ZIP": code_alone}.get(kind, alone):
            found.append(None)
        elif whole is not None and kind in (_FIRST, _LAST):
            found.append(mention._replace(canonical=whole))
        else:
            found.append(mention)
    return found
