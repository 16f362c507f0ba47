"""Lines of the shape ``label: value``: the table of keys says what the value is, as it does for JSON."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.ingest_redactor.logic.addresses import town_follows
from services.ingest_redactor.logic.confirm import user_name
from services.ingest_redactor.logic.keys import kind_of, normalised
from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.nonames import NEVER, NO_NAME
from services.ingest_redactor.logic.person import looks_like_a_person, read_name
from services.ingest_redactor.logic.siblings import KEY_PRIORITY, keyed_mention, resolved

_MAX_LABEL_CHARS, _MAX_VALUE_CHARS = 40, 120
_AROUND = " \t\r\"'`*>#|-•"
_LABEL = re.compile(r"[^\W\d_][\w .'()/-]*+")
VALUE_KINDS = frozenset(
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
_ITEM = re.compile(r"[ \t]*+(?:[-*•]|\d{1,2}[.)])[ \t]+")
"""What begins an item of a list."""
_STAMP = re.compile(r"[\[(]\d{1,4}[\d:. /apmAPM-]{2,18}+[\])][ \t]*+|\d{1,2}:\d{2}(?::\d{2})?[ \t]++")
_STAMP_STARTS = frozenset("[(0123456789")
"""When a line was written."""
_HANDLE = re.compile(r"(?<![a-z])[a-z]{2,20}[._][a-z]{2,20}$")
_SPEAKERS = frozenset("agent rep representative advisor operator support caller customer nurse doctor clerk".split())  # noqa: SIM905
_NO_VALUE = (
    NEVER | NO_NAME | {"unknown", "none", "null", "nil", "empty", "missing", "required", "optional", "string", "text"}
)


def labelled_values(text: str) -> tuple[list[Mention], list[tuple[int, int]]]:
    """Values after labels that are keys, one a line at most, or in a list below; and where labels of one word stand, which
    are no names."""
    found: list[Mention] = []
    labels: list[tuple[int, int]] = []
    halves: list[_Half] = []
    handles: list[Mention] = []
    start = 0
    listed: str | None = None
    for line in text.split("\n"):
        stamp = _STAMP.match(line) if line[:1] in _STAMP_STARTS else None
        begin = start + stamp.end() if stamp is not None else start
        label, sign, rest = line[begin - start :].partition(":")
        if listed is not None and (item := _ITEM.match(line)) is not None:
            mention = _labelled(listed, line[item.end() :])
            if mention is not None:
                found.append(_moved(mention, start + item.end()))
        elif listed is not None and line.strip() and not sign:
            mention = _below(listed, line)
            if mention is not None:
                found.append(_moved(mention, start))
            listed = listed if line[0] in " \t" else None
        elif sign and 2 <= len(label) <= _MAX_LABEL_CHARS:
            key = label.strip(_AROUND)
            kind = _kind(key)
            at = begin + len(label) + 1
            listed = (kind or _kind(key.removesuffix("s"))) if not rest.strip(_AROUND) else None
            if len(rest) > 3:
                mention = _labelled(kind, rest) if kind is not None else _speaker(key, begin + label.find(key))
                if mention is not None and mention.type == "USER":
                    handles.append(mention)
                elif mention is not None:
                    found.append(mention if kind is None else _moved(mention, at))
                bounded(len(found) + len(handles))
                if kind is None or kind.startswith("NAME."):
                    halves.append(_Half(key, kind, at, rest))
                if kind is not None and " " not in key:
                    labels.append((begin, begin + len(label)))
        elif line.strip():
            listed = None
        start += len(line) + 1
    if any(half.kind for half in halves):
        found += _other_halves(halves)
    if any(user_name(handle.canonical, "", "") for handle in handles):
        found += handles  # whoever speaks with somebody is somebody too
    return found, labels


def _below(kind: str, line: str) -> Mention | None:
    """The line below a label: the head of an address is whose it is."""
    if kind == "ADDRESS" and not any(map(str.isdigit, line)):
        kind = "NAME" if looks_like_a_person(line.strip(_AROUND)) else kind
    return _labelled(kind, line)


class _Half(NamedTuple):
    """A line that may tell a half of a name."""

    key: str
    kind: str | None
    start: int
    rest: str


def _other_halves(lines: list[_Half]) -> Iterator[Mention]:
    """``family: Doe`` beside ``given: Jane``."""
    for at, half in enumerate(lines):
        if half.kind is None:
            beside = [one for one in lines[max(0, at - 1) : at + 2] if one.kind is not None]
            kind = resolved([half.key, *(one.key for one in beside)], [None, *(one.kind for one in beside)])[0]
            mention = _labelled(kind, half.rest) if kind is not None else None
            if mention is not None:
                yield _moved(mention, half.start)


def _speaker(key: str, start: int) -> Mention | None:
    """``jane.doe: …``, ``Agent Thandi: …`` in a written conversation."""
    handle = _HANDLE.search(key)
    if handle is not None:
        return Mention(start + handle.start(), start + handle.end(), "USER", handle.group(), "", KEY_PRIORITY)
    role, _, name = key.rpartition(" ")
    role = role.rpartition(" ")[2].strip("-") or role.rstrip(" -").rpartition(" ")[2]
    if role.lower() not in _SPEAKERS or not name[:1].isupper() or not name.isalpha() or name.lower() in _NO_VALUE:
        return None
    at = start + key.rfind(name)
    return Mention(at, at + len(name), "NAME", *read_name(name), KEY_PRIORITY)


def _moved(mention: Mention, by: int) -> Mention:
    return mention._replace(start=mention.start + by, end=mention.end + by)


def _kind(key: str) -> str | None:
    kind = kind_of(key, "") if key.count(" ") <= 3 and _LABEL.fullmatch(key) else None
    return kind if kind in VALUE_KINDS and not normalised(key).startswith("line") else None


def _labelled(kind: str, rest: str) -> Mention | None:
    value = rest.rstrip(" \t\r\"'`*.,;")
    start = len(value) - len(value.lstrip(" \t\"'`*"))
    value = value_in(kind, value[start : start + _MAX_VALUE_CHARS])
    mention = keyed_mention(kind, value) if value else None
    return None if mention is None else _moved(mention, start)


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
