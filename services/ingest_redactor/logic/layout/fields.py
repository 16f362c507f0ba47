"""Lines of the shape ``label: value``: the table of keys says what the value is, as it does for JSON."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.ingest_redactor.logic.layout.letters import last_name_first
from services.ingest_redactor.logic.layout.siblings import KEY_PRIORITY, keyed_mention, resolved, tied
from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.names_read import looks_like_a_person, read_name
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, THINGS
from services.ingest_redactor.logic.rules.addresses import town_follows
from services.ingest_redactor.logic.rules.confirm import is_login, user_name
from services.ingest_redactor.logic.rules.keys import kind_of, normalised
from shared.tasks.names import first_names, last_names

_MAX_LABEL_CHARS, _MAX_VALUE_CHARS, _MAX_SECRET_CHARS = 40, 120, 4096
_AROUND = " \t\r\"'`*>#|-•"
_LABEL = re.compile(r"[^\W\d_][\w .'()/-]*+")
VALUE_KINDS = frozenset(
    (
        "PHONE", "SSN", "CARD", "IBAN", "ACCOUNT", "MEMBER", "RECORD", "POLICY", "PASSPORT", "LICENCE", "TAX_ID", "ID",
        "VEHICLE", "DEVICE", "DOB", "DOB?", "PHONE?", "ADDRESS", "ADDRESS.any", "STREET", "NAME", "NAME.first",
        "NAME.last", "MEMBER.user",
        "LOCATOR", "PLATE", "SECRET",
    )
)  # fmt: skip
"""Kinds that a label decides; what else stands in lines, patterns tell better."""
_NUMBER = re.compile(
    r"[A-Za-z]{0,6}[-./# ]?\d[A-Za-z0-9]*+(?:[-./ ][A-Za-z]?\d[A-Za-z0-9]*+|[-./ ][A-Za-z]{1,3}(?![a-z]))*+"
)
_NAME = re.compile(r"[^\W\d_]+(?:['’.-]{1,2}[^\W\d_]+)*\.?(?: [^\W\d_]+(?:['’.-]{1,2}[^\W\d_]+)*\.?){0,3}")
_LEAST_SECRET, _LEAST_REST = 6, 3
_ITEM = re.compile(r"[ \t]*+(?:[-*•]|\d{1,2}[.)])[ \t]+")
"""What begins an item of a list."""
_COLUMN = re.compile(r"(?::[ \t]*+|[^\s|:])(?::[ \t]*+|[^\s|:]|[ |](?![ |]))*+")
"""A stretch of a line up to two spaces, a tab or a bar, but for those after a colon: ``Sex:  F   Chart: 4471``."""
_PAIR = re.compile(r"[ \t|]{0,4}[^\W\d_][\w .'/-]{1,38}?[ \t]*+\|(?P<value>[^|\n]{2,120}+)(?:\|[ \t]*+)?")
"""``birth_date | 1968-12-05``, as databases print a row upright."""
_WIDE = re.compile(r"(?P<key>[^\W\d_][\w ./-]{1,30}?)[ ]{2,}+(?=\S)(?:(?!  ).)++$")
"""``addr          12 Hill Road``, as programs print one row."""
_LEADERS = re.compile(r"([^.]{2,40}+)\.(?=\.[. ])(.*+)")
"""``Passport..... 1234567``"""
_STAMP = re.compile(r"[\[(]\d{1,4}[\d:. /apmAPM-]{2,18}+[\])][ \t]*+|\d{1,2}:\d{2}(?::\d{2})?[ \t]++")
_STAMP_STARTS = frozenset("[(0123456789")
"""When a line was written."""
_HANDLE = re.compile(r"(?<![a-z])[a-z]{2,20}[._][a-z]{2,20}$")
_USER = re.compile(r"@?[a-z]{1,20}[._-][a-z]{2,20}\d{0,4}")
_SPEAKERS = frozenset("agent rep representative advisor operator support caller customer nurse doctor clerk".split())  # noqa: SIM905
_NO_VALUE = (
    NEVER | NO_NAME | {"unknown", "none", "null", "nil", "empty", "missing", "required", "optional", "string", "text"}
)


def labelled_values(text: str) -> tuple[list[Mention], list[tuple[int, int]]]:
    """Values after labels that are keys, one a line at most, or in a list below; and where labels of one word stand, which
    are no names."""
    lines = _Lines()
    start = 0
    for line in text.replace("：", ":").replace("\u3000", "\t").split("\n"):
        lines.read(line, start)
        start += len(line) + 1
    return lines.values(), lines.labels


class _Lines:
    """What the lines of one text tell, read in order."""

    def __init__(self) -> None:
        self.labels: list[tuple[int, int]] = []
        self._found: list[Mention] = []
        self._halves: list[_Half] = []
        self._handles: list[Mention] = []
        self._where: list[Mention] = []
        """Towns and postal codes, which count beside a street or a person."""
        self._listed: str | None = None
        """What the label above says of the lines below it."""

    def read(self, line: str, start: int) -> None:
        """The next line, which begins at ``start``."""
        stamp = _STAMP.match(line) if line[:1] in _STAMP_STARTS else None
        begin = start + stamp.end() if stamp is not None else start
        _, sign, rest = line[begin - start :].partition(":")
        if not sign and ".." in line and (leaders := _LEADERS.match(line, begin - start)) is not None:
            self._read_label(leaders[1], leaders[2], begin)
            return
        if self._listed is not None and (item := _ITEM.match(line)) is not None:
            self._add(_labelled(self._listed, line[item.end() :]), start + item.end())
        elif self._listed is not None and line.strip() and not sign:
            self._add(_below(self._listed, line), start)
            if line[0] not in " \t":
                self._listed = None
        elif sign and ":" in rest and ("  " in rest or "\t" in rest or " | " in rest):
            for column in _COLUMN.finditer(line, begin - start):
                self._read_column(column.group(), start + column.start())
        elif sign:
            self._read_column(line[begin - start :], begin)
        elif "|" in line and (pair := _PAIR.fullmatch(line)) is not None:
            self._read_label(line[: pair.start("value") - 1], pair["value"], start)
        elif (wide := _WIDE.match(line)) is not None:
            self._read_label(line[: wide.end("key")], line[wide.end("key") + 1 :], start)
        elif line.strip():
            self._listed = None

    def _read_column(self, text: str, begin: int) -> None:
        label, sign, rest = text.partition(":")
        if sign and 2 <= len(label) <= _MAX_LABEL_CHARS:
            self._read_label(label, rest, begin)

    def values(self) -> list[Mention]:
        found = self._found
        if any(mention.type in ("ADDRESS", "NAME") for mention in found):
            found += self._where
        if any(half.kind for half in self._halves):
            found += _names_in_halves(self._halves)
        if any(user_name(handle.canonical, "", "") for handle in self._handles):
            found += self._handles  # whoever speaks with somebody is somebody too
        return found

    def _add(self, mention: Mention | None, start: int) -> None:
        if mention is not None:
            self._found.append(mention.moved(start))
            bounded(len(self._found) + len(self._handles))

    def _read_label(self, label: str, rest: str, begin: int) -> None:
        key = label.strip(_AROUND)
        kind = _kind(key)
        self._listed = (kind or _kind(key.removesuffix("s"))) if not rest.strip(_AROUND) else None
        if len(rest) <= (_LEAST_REST if rest.isascii() else 1):  # a name in Chinese has two characters or three
            return
        at = begin + len(label) + 1
        if kind is None or kind.startswith("NAME."):
            self._halves.append(_Half(key, kind, at, rest))
        if kind is None and (where := _place(key, rest)) is not None:
            self._where.append(where.moved(at))
        if people := _people(key, rest):
            for person in people:
                self._add(person, at)
        elif kind is None:
            self._read_speaker(key, begin + label.find(key))
        elif not kind.startswith("NAME."):
            self._add(_labelled(kind, rest), at)
        if kind is not None and " " not in key:
            self.labels.append((begin, begin + len(label)))

    def _read_speaker(self, key: str, start: int) -> None:
        speaker = _speaker(key)
        if speaker is not None and speaker.type == "USER":
            self._handles.append(speaker.moved(start))
        else:
            self._add(speaker, start)


def _place(key: str, rest: str) -> Mention | None:
    """``postcode: 5049``, ``**Town:** Glenelg``"""
    kind = kind_of(key, "") if _LABEL.fullmatch(key) else None
    value = rest.strip(_AROUND + ".,;")
    if (
        kind not in ("ZIP", "PLACE")
        or not (value[:1].isupper() or value[:1].isdigit())
        or len(value) > _MAX_LABEL_CHARS
    ):
        return None
    mention = keyed_mention(kind, value)
    return None if mention is None else mention.moved(rest.find(value))


def _people(key: str, rest: str) -> list[Mention]:
    """``Patient: Doe, Jane``, ``assignee: jane.doe``: who is named below a word for a person."""
    kind = kind_of(key, "") if _LABEL.fullmatch(key) else None
    if kind is None or not kind.startswith(("NAME", "USER")) or "." in kind:
        return []
    value = rest.strip(_AROUND)[:_MAX_VALUE_CHARS].partition(" <")[0]
    start = rest.find(value)
    if kind == "USER":
        is_one = _USER.fullmatch(value) or is_login(value)
        return [Mention(start, start + len(value), kind, value.lower(), "", KEY_PRIORITY)] if is_one else []
    if (
        kind in ("NAME?handle", "USER?")
        and (handle := keyed_mention(kind, value)) is not None
        and handle.type == "USER"
    ):
        return [handle.moved(start)]
    return last_name_first(value, start) or _known_person(value, start)


def _known_person(value: str, start: int) -> list[Mention]:
    """``CONSIGNEE: TREMAINE BOUDREAUX``: two to four capitalised words, of which one is known at its place in a name."""
    name = _NAME.match(value)
    words = name.group().split() if name is not None else []
    stems = [word.lower().rstrip(".") for word in words]
    if not 2 <= len(words) <= 4 or not all(word[0].isupper() for word in words) or not _NO_VALUE.isdisjoint(stems):
        return []
    if not THINGS.isdisjoint(stems):
        return []
    # In capitals the tagger knows few: a word that is no other word is taken for a name where a person's stands.
    told = name is not None and name.group().isupper() and not any(map(is_word, stems))
    if not told and not (stems[0] in first_names() or stems[-1] in last_names()):
        return []
    return [Mention(start, start + len(name.group()), "NAME", *read_name(name.group()), KEY_PRIORITY)] if name else []


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


def _names_in_halves(lines: list[_Half]) -> Iterator[Mention]:
    """``family: Doe`` beside ``given: Jane``: two halves of one person's name."""
    kinds = [half.kind for half in lines]
    for at, half in enumerate(lines):
        if half.kind is None:
            beside = [one for one in lines[max(0, at - 1) : at + 2] if one.kind is not None]
            keys = [half.key, *(one.key for one in beside)]
            kinds[at] = resolved(keys, [None, *(one.kind for one in beside)])[0] if beside else None
    waiting: list[tuple[str, Mention]] = []
    for half, kind in zip(lines, kinds, strict=True):
        mention = _labelled(kind, half.rest) if kind is not None else None
        if mention is None or kind is None or any(kind == other for other, _ in waiting):
            yield from filter(None, tied(waiting))
            waiting = []
        if mention is not None and kind is not None:
            waiting.append((kind, mention.moved(half.start)))
    yield from filter(None, tied(waiting))


def _speaker(key: str) -> Mention | None:
    """``jane.doe: …``, ``Agent Thandi: …`` in a written conversation."""
    handle = _HANDLE.search(key)
    if handle is not None and "/" not in key:  # ``src/billing/dunning.py:48``
        return Mention(handle.start(), handle.end(), "USER", handle.group(), "", KEY_PRIORITY)
    role, _, name = key.rpartition(" ")
    role = role.rpartition(" ")[2].strip("-") or role.rstrip(" -").rpartition(" ")[2]
    if role.lower() not in _SPEAKERS or not name[:1].isupper() or not name.isalpha() or name.lower() in _NO_VALUE:
        return None
    at = key.rfind(name)
    return Mention(at, at + len(name), "NAME", *read_name(name), KEY_PRIORITY)


def _kind(key: str) -> str | None:
    kind = kind_of(key, "") if key.count(" ") <= 3 and _LABEL.fullmatch(key) else None
    return kind if kind in VALUE_KINDS and not normalised(key).startswith("line") else None


def _labelled(kind: str, rest: str) -> Mention | None:
    value = rest.rstrip(" \t\r\"'`*.,;")
    start = len(value) - len(value.lstrip(" \t\"'`*.:"))
    most = _MAX_SECRET_CHARS if kind == "SECRET" else _MAX_VALUE_CHARS
    value = value_in(kind, value[start : start + most])
    mention = keyed_mention(kind, value) if value else None
    return None if mention is None else mention.moved(start)


def value_in(kind: str, text: str) -> str:
    """What of the line is the value: ``44-17 (closed)`` tells more than the number."""
    if kind in ("ADDRESS", "ADDRESS.any", "STREET"):
        return _street(text)
    if kind.startswith("NAME"):
        name = _NAME.match(text)
        ended = name is not None and text[name.end() : name.end() + 1] in ("", ",", ";", " ", "(", "（", "\t")
        words = name.group().lower().split() if name is not None and ended else []
        return name.group() if name is not None and words and _NO_VALUE.isdisjoint(words) else ""
    if kind == "DOB":
        return text
    if kind == "SECRET":
        word = text.partition(" ")[0]
        return (
            word if len(word) >= _LEAST_SECRET and any(map(str.isdigit, word)) and any(map(str.isalpha, word)) else ""
        )
    if kind in ("PHONE", "PHONE?", "IBAN", "CARD"):
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
