"""Values in markup and in logs: elements, attributes and ``key=value`` name them by the table of keys, as JSON does."""

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from services.ingest_redactor.logic.layout.fields import VALUE_KINDS
from services.ingest_redactor.logic.layout.siblings import (
    KEY_PRIORITY,
    WITH_PERSON,
    keyed_mention,
    kinds_of_siblings,
    tied,
)
from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.rules.confirm import is_login, user_name
from services.ingest_redactor.logic.rules.keys import kind_of, normalised
from shared.tasks.names import first_names

_MAX_SIBLINGS = 32
_ELEMENT = re.compile(
    r"<(?:\w{1,20}:)?([A-Za-z][\w.-]{1,40}+)"
    r"(?:\s++value=[\"']([^\"'<>\n]{2,160}+)[\"']|(?:\s[^<>]*+)?>\s*+([^<>\s][^<>\n]{1,160}+)</)"
)
_PAIR = re.compile(
    r"(?<![^\s{,(\[])[\"']([A-Za-z_][\w .-]{1,40}+)[\"']\s?(?::|=>)\s?"
    r"(?:\"([^\"\n]{2,160}+)\"|'([^'\n]{2,160}+)'|(\d[\d.]{1,30}+)(?![\w/:-]))"
)
"""Of an object inside a line, as JSON, Python or Ruby print it."""
_ARRAY_PAIR = re.compile(r"\[([A-Za-z_][\w.-]{1,40}+)\] => ([^\s(][^\n]{1,160}+)")
"""Of an array as PHP prints it."""
_NAMED_ELEMENT = re.compile(
    r"<\w{1,20} (?:[a-z]{1,12}=\"[^\"<>]{0,40}\" )?(?:name|Name|key|field|id)=\""
    r"([A-Za-z][\w.-]{1,40}+)\"[^<>]{0,80}>\s*+([^<>\s][^<>\n]{1,160}+)</"
)
"""``<Data Name="TargetUserName">…</Data>``"""
_MARK = r"\\{1,7}+\""
_ESCAPED_PAIR = re.compile(rf"{_MARK}([A-Za-z_][\w .-]{{1,40}}+){_MARK}\s?:\s?{_MARK}([^\"\\\n]{{2,160}}+){_MARK}")
"""Of JSON that stands as text in other JSON, which cannot be read as a whole."""
_CALL = re.compile(
    r"\(\s?[\"'](?:[#.]|\w{0,12}\[(?:name|id)=\\?[\"']?)?([A-Za-z][\w-]{1,40}+)\\?[\"']?\]?[\"'],\s?"
    r"(?:\"([^\"\n]{2,160}+)\"|'([^'\n]{2,160}+)')\s?\)"
)
"""What code enters in a field: ``fill("#dob", …)``, ``append("email", …)``."""
_CELL = re.compile(
    r"<(?:th|td|dt)[^<>]{0,80}>\s*+([A-Za-z][\w .'/-]{1,38}?):?\s*+</(?:th|td|dt)>\s*+"
    r"<(?:td|dd)[^<>]{0,80}>\s*+([^<>\s][^<>\n]{1,160}+)</"
)
"""A row of a table of two columns, or of a list of terms."""
_FORM_FIELD = r"[\w.%\[\]-]{1,60}+=[^&=\s\"'<>]{0,400}+"
_FORM = re.compile(rf"(?<![^\s?\"'])(?:{_FORM_FIELD}&){{2,}}+{_FORM_FIELD}")
"""As forms are sent (``application/x-www-form-urlencoded``): three fields at least."""
_CONSTRAINED = re.compile(r"\bKey \(([\w, ]{1,120}+)\)=\(([^()\n]{1,200}+)\)")
"""``Key (employee_no)=(449825) already exists.``"""
_KEY_REVERSED = re.compile(r"([\w.-]{1,40}(?<=[A-Za-z]))(?![\w.?&-])")
"""Read from its end, a key is found in one step."""
_MAX_KEY_CHARS, _MAX_BETWEEN_CHARS = 42, 400
_REST = re.compile(r"[^\s\"']{2,256}(?=\s|$)")
_BARE_VALUE = 3
_VALUE = re.compile(r"\"([^\"\n]{2,160}+)\"|'([^'\n]{2,160}+)'|([^\s\"'&,;<>()\[\]{}=]{2,4096}+)")
_PEOPLE_KINDS = frozenset(("NAME?", "NAME?handle", "NAME?number", "NAME?user"))
_ELEMENT_KINDS = VALUE_KINDS | _PEOPLE_KINDS | {"EMAIL", "PIN", "SECRET", "USER", "USER?", *WITH_PERSON}
_ASSIGNED_TOO = frozenset(("USER", "USER?", "TOKEN", "PIN", "PLACE", "ZIP", "UNIT", "ADDRESS?"))
_SPACED_QUOTE = re.compile(r"[ ]{1,12}+(?=[\"'])")
_HANDLE = re.compile(r"[a-z]{2,20}\.[a-z]{2,20}")
_BARE = frozenset("name names first last title".split())  # noqa: SIM905


def marked_values(text: str) -> list[Mention]:
    """Values of elements and attributes whose names are keys. Linear in the text."""
    found = list(_in_order(_ELEMENT, text)) if "</" in text or "/>" in text else []
    if "</t" in text or "</dt" in text:
        found += _in_order(_CELL, text)
    if '":' in text or "':" in text or '"=>' in text:
        found += _in_order(_PAIR, text)
    if "] => " in text:
        found += _in_order(_ARRAY_PAIR, text)
    if "</" in text and '="' in text:
        found += _in_order(_NAMED_ELEMENT, text)
    if '\\":' in text:
        found += _in_order(_ESCAPED_PAIR, text)
    if "('" in text or '("' in text or "( '" in text:
        found += _in_order(_CALL, text)
    if text.count("&") > 1:
        found += _forms(text)
    if ")=(" in text:
        found += _constrained(text)
    halves: list[tuple[str, Mention]] = []
    at = text.find("=")
    while at >= 0:
        before, value = text[max(0, at - _MAX_KEY_CHARS) : at], at + 1
        if before[-1:] == " " and (quoted := _SPACED_QUOTE.match(text, value)) is not None:
            before, value = before.rstrip(" "), quoted.end()  # ``token = "…"``, as files of settings have it
        key = _KEY_REVERSED.match(before[::-1])
        if key is not None and (assigned := _assigned(key[1][::-1], text, value)) is not None:
            if halves and not _are_side_by_side(halves, assigned, text):
                found += filter(None, tied(halves))
                halves = []
            halves.append(assigned)
            bounded(len(found) + len(halves))
        at = text.find("=", at + 1)
    return [*found, *filter(None, tied(halves))]


def _constrained(text: str) -> Iterator[Mention]:
    """The row that a database refused."""
    for match in _CONSTRAINED.finditer(text):
        keys, values, at = match[1].split(", "), match[2].split(", "), match.start(2)
        if len(keys) != len(values):
            continue
        for key, value in zip(keys, values, strict=True):
            kind = kind_of(key, "")
            mention = keyed_mention(kind, value) if kind in _ELEMENT_KINDS and kind is not None else None
            if mention is not None:
                yield mention.moved(at)
            at += len(value) + 2


def _forms(text: str) -> Iterator[Mention]:
    """Fields of forms, each value as it was sent."""
    for form in _FORM.finditer(text):
        fields = [pair.partition("=") for pair in form.group().split("&")]
        named: list[tuple[str, Mention]] = []
        at = form.start()
        kinds = kinds_of_siblings([key for key, _, _ in fields])
        for (key, _, value), kind in zip(fields, kinds, strict=True):
            at += len(key) + 1
            mention = keyed_mention(kind, unquote_plus(value)) if kind is not None and kind in _ELEMENT_KINDS else None
            if mention is not None and kind is not None:
                named.append((kind, mention._replace(start=at, end=at + len(value))))
            at += len(value) + 1
        yield from filter(None, tied(named))


def _are_side_by_side(before: list[tuple[str, Mention]], assigned: tuple[str, Mention], text: str) -> bool:
    """Whether an assignment is of the same element or line as those before it, and tells something else."""
    end = before[-1][1].end
    between = text[end : min(end + _MAX_BETWEEN_CHARS, assigned[1].start)]
    return (
        len(before) < _MAX_SIBLINGS and ">" not in between and "\n" not in between and assigned[0] not in dict(before)
    )


def _in_order(pattern: re.Pattern[str], text: str) -> Iterator[Mention]:
    """Keys up to one that comes again stand side by side: ``<given>`` says what ``<family>`` is."""
    side_by_side: dict[str, tuple[int, str]] = {}
    for match in pattern.finditer(text):
        key, group = match[1], match.lastindex or 3
        if key in side_by_side or len(side_by_side) >= _MAX_SIBLINGS:
            yield from _siblings(side_by_side)
            side_by_side = {}
        side_by_side[key] = (match.start(group), match[group].rstrip())
    yield from _siblings(side_by_side)


def _siblings(elements: dict[str, tuple[int, str]]) -> Iterator[Mention]:
    named: list[tuple[str, Mention]] = []
    kinds = kinds_of_siblings(list(elements)) if elements else []
    for kind, (start, value) in zip(kinds, elements.values(), strict=True):
        mention = keyed_mention(kind, value) if kind in _ELEMENT_KINDS and kind is not None else None
        if mention is not None and kind is not None:
            named.append((kind, mention.moved(start)))
    return (mention for mention in tied(named) if mention is not None)


def _assigned(key: str, text: str, at: int) -> tuple[str, Mention] | None:
    """What is assigned to a key, with its kind. In code a bare ``name`` is rarely a person's, ``user=x`` may be a variable,
    and ``login=ok`` logs nobody in."""
    kind = kind_of(key.rpartition(".")[2], "")
    if kind is None or (kind not in VALUE_KINDS and kind not in _PEOPLE_KINDS and kind not in _ASSIGNED_TOO):
        return None
    kind = "NAME?number" if kind == "NAME?user" else kind
    match = _VALUE.match(text, at)
    if match is None:
        return None
    value, start = match[match.lastindex or 0], match.start(match.lastindex or 0)
    if kind == "SECRET" and key.isupper() and text[at - len(key) - 2 : at - len(key) - 1] in ("", "\n"):
        line = _REST.match(text, start)  # ``DB_PASSWORD=Lagoon&9492``
        value = line.group() if line is not None and match.lastindex == _BARE_VALUE else value
    if kind == "USER" and user_name(value.lower(), "", "") is None and not is_login(value):
        return None
    if (
        kind == "NAME?"
        and normalised(key) in _BARE
        and value.split()[:1]
        and value.split()[0].lower() not in first_names()
    ):
        return None
    mention = keyed_mention(kind, value)
    if mention is None and kind.startswith("NAME?") and _HANDLE.fullmatch(value):
        mention = Mention(0, len(value), "USER", value, "", KEY_PRIORITY)
    return None if mention is None else (kind, mention.moved(start))
