"""Lines of the shape ``label: value``: the table of keys says what the value is, as it does for JSON."""

import re

from services.ingest_redactor.logic.addresses import town_follows
from services.ingest_redactor.logic.keys import kind_of, normalised
from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.nonames import NEVER, NO_NAME
from services.ingest_redactor.logic.siblings import keyed_mention

_MAX_LABEL_CHARS, _MAX_VALUE_CHARS = 40, 120
_AROUND = " \t\r\"'`*>#|-•"
_LABEL = re.compile(r"[^\W\d_][\w .'()/-]*+")
_KINDS = frozenset(
    (
        "PHONE", "SSN", "CARD", "IBAN", "ACCOUNT", "MEMBER", "RECORD", "POLICY", "PASSPORT", "LICENCE", "TAX_ID", "ID",
        "VEHICLE", "DEVICE", "DOB", "ADDRESS", "STREET", "NAME", "NAME.first", "NAME.last",
    )
)  # fmt: skip
"""Kinds that a label decides; what else stands in lines, patterns tell better."""
_NUMBER = re.compile(
    r"[A-Za-z]{0,6}[-./# ]?\d[A-Za-z0-9]*+(?:[-./ ][A-Za-z]?\d[A-Za-z0-9]*+|[-./ ][A-Za-z]{1,3}(?![a-z]))*+"
)
_NAME = re.compile(r"[^\W\d_]+(?:['’.-]{1,2}[^\W\d_]+)*\.?(?: [^\W\d_]+(?:['’.-]{1,2}[^\W\d_]+)*\.?){0,3}")
_NO_VALUE = (
    NEVER | NO_NAME | {"unknown", "none", "null", "nil", "empty", "missing", "required", "optional", "string", "text"}
)


def labelled_values(text: str) -> tuple[list[Mention], list[tuple[int, int]]]:
    """Values after labels that are keys, one a line at most; and where labels of one word stand, which are no names."""
    found: list[Mention] = []
    labels: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        label, sign, rest = line.partition(":")
        if sign and 2 <= len(label) <= _MAX_LABEL_CHARS and len(rest) > 3:
            key = label.strip(_AROUND)
            kind = _kind(key)
            if kind is not None:
                at = start + len(label) + 1
                mention = _labelled(kind, rest)
                if mention is not None:
                    found.append(mention._replace(start=mention.start + at, end=mention.end + at))
                    bounded(len(found))
                if " " not in key:
                    labels.append((start, start + len(label)))
        start += len(line) + 1
    return found, labels


def _kind(key: str) -> str | None:
    kind = kind_of(key, "") if key.count(" ") <= 3 and _LABEL.fullmatch(key) else None
    return kind if kind in _KINDS and not normalised(key).startswith("line") else None


def _labelled(kind: str, rest: str) -> Mention | None:
    value = rest.rstrip(" \t\r\"'`*.,;")
    start = len(value) - len(value.lstrip(" \t\"'`*"))
    value = value_in(kind, value[start : start + _MAX_VALUE_CHARS])
    mention = keyed_mention(kind, value) if value else None
    return None if mention is None else mention._replace(start=mention.start + start, end=mention.end + start)


def value_in(kind: str, text: str) -> str:
    """What of the line is the value: ``44-17 (closed)`` tells more than the number."""
    if kind in ("ADDRESS", "STREET"):
        return _street(text)
    if kind.startswith("NAME"):
        name = _NAME.match(text)
        ended = name is not None and text[name.end() : name.end() + 1] in ("", ",", ";", " ", "(")
        words = name.group().lower().split() if name is not None and ended else []
        return name.group() if name is not None and words and _NO_VALUE.isdisjoint(words) else ""
    if kind == "DOB":
        return text
    if kind in ("PHONE", "IBAN", "CARD"):
        return text.partition(",")[0].partition(" (")[0]
    number = _NUMBER.match(text)
    return number.group() if number is not None and text[number.end() : number.end() + 1] in ("", ",", ";", " ") else ""


def _street(text: str) -> str:
    """Up to where the town begins, if it shows."""
    for comma in re.finditer(",", text):
        street = text[: comma.start()]
        if any(map(str.isdigit, street)) and town_follows(text, comma.start()):
            return street
    return text
