"""Tables in text: a header of keys says what every row holds, as keys of JSON do. Lines with separators (CSV, Markdown, what
a database prints), ``INSERT`` statements with their columns, and tables of HTML.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from services.ingest_redactor.logic.layout.siblings import keyed_mention, kinds_of_siblings, tied
from services.ingest_redactor.logic.mentions import Mention, bounded
from services.ingest_redactor.logic.rules.keys import kind_of

MAX_COLUMNS = 64
_MAX_HEADER_CHARS, _MAX_HEADER_WORDS = 40, 4
_MAX_HEADERS = 1000
"""In one text: more are hostile."""
_SURE_OF_HEADER = 3
"""So many cells that name something sensitive make a header of a line that also holds odd ones."""
_WIDE, _UPRIGHT = "  ", 2
_SEPARATORS = ("|", "\t", ";", ",", _WIDE)
_HEADER_CELL = re.compile(r"[^\W\d_][\w .,#/()'-]*+|#|")
_NUMBERED = {"policy": "POLICY", "claim": "POLICY", "licence": "LICENCE", "license": "LICENCE"}
"""Columns that hold numbers of people beside columns that hold their names or the like."""
_RULE = re.compile(r"[-+|:=─┼ \t]+")
"""The line under a header, or around a table."""
_QUOTED = {
    mark: re.compile(rf'(?:(?<=[{mark}])|^)(?:[ ]*+"(?:[^"]|"")*+"[ ]*+(?=[{mark}]|$)|[^{mark}]*+)') for mark in "\t;,"
}
"""Cells of which some are in quotes, where separators are not what they are."""
_ENDS_PROSE = (".", "?", "!", ":", "{", "")
"""With which no header ends."""
_WIDE_GAP = re.compile(r"  +")
_COLUMN = re.compile(r"[^,]++")
_AROUND = " \t\r\"'`*"
"""Blanks, quotes and stars around a value."""
_INSERT = re.compile(r"(?i)\binsert\s++(?:ignore\s++)?into\s++[\w.\"`\[\]]++\s*+\(([^()]*+)\)\s*+values?\s*+(?=\()")
_COPY = re.compile(r"(?i)\bcopy\s++[\w.\"]++\s*+\(([^()]*+)\)\s++from\s++stdin[^\n]*+\n")
_SQL_TOKEN = re.compile(r"'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\"|[(),;]|[^\s(),;'\"]++|\s++|['\"]")
_HTML_CELL = re.compile(r"(?i)<(/?)(tr|th|td)\b[^<>]*+>([^<>]*+)")


class Cell(NamedTuple):
    """A piece of text between separators, and where it starts."""

    start: int
    piece: str


class Tables(NamedTuple):
    """What columns say of a text."""

    mentions: list[Mention]
    headers: list[tuple[int, int]]
    """Where the keys of rows stand: no values."""


def read_tables(text: str) -> Tables | None:
    """Values in columns that a header names; ``None`` without such a header. Linear in the text."""
    if "\n" in text:
        if "stdin" in text and (found := _of_rows(_copied(text))) is not None:
            return found
        found = _in_lines(text)
        if found is not None:
            return found
    if ("values" in text or "VALUES" in text) and "(" in text:
        return _of_rows(_inserted(text))
    if "<t" in text or "<T" in text:
        return _of_rows(_html(text))
    return None


def header_kinds(keys: list[str]) -> list[str | None] | None:
    """What the cells of a header say; ``None`` for what is no header, or names nothing sensitive."""
    if not 2 <= len(keys) <= MAX_COLUMNS:
        return None
    fits = [
        len(key) <= _MAX_HEADER_CHARS and key.count(" ") < _MAX_HEADER_WORDS and _HEADER_CELL.fullmatch(key) is not None
        for key in keys
    ]
    if not all(fits) and fits.count(False) > len(keys) // 2:
        return None
    kinds = kinds_of_siblings(keys)
    if sum(kind is not None for kind in kinds) < (1 if all(fits) else _SURE_OF_HEADER):
        return None
    return [kind or _NUMBERED.get(key.lower()) for kind, key in zip(kinds, keys, strict=True)]


_Columns = list[tuple[int, str]]
"""Those of a table that hold something sensitive: which, and what."""


def _columns(header: list[str]) -> _Columns | None:
    kinds = header_kinds([piece.strip(_AROUND) for piece in header])
    return None if kinds is None else [(at, kind) for at, kind in enumerate(kinds) if kind is not None]


def _row(columns: _Columns, pieces: list[str], starts: Callable[[], list[int]]) -> list[Mention]:
    """``starts`` of the pieces are only asked for where one holds something."""
    named: list[tuple[str, Mention]] = []
    for at, kind in columns:
        piece = pieces[at]
        value = piece.strip(_AROUND)
        mention = keyed_mention(kind, value) if len(value) > 1 else None
        if mention is not None:
            start = starts()[at] + len(piece) - len(piece.lstrip(_AROUND))
            named.append((kind, mention.moved(start)))
    return [mention for mention in tied(named) if mention is not None] if named else []


def _of_rows(rows: Iterator[tuple[bool, list[Cell]]]) -> Tables | None:
    """Rows with whether they are a header, in order."""
    columns: _Columns | None = None
    width = 0
    header: tuple[int, int] | None = None
    found = Tables([], [])
    for is_header, cells in rows:
        pieces = [cell.piece for cell in cells]
        if is_header:
            columns, width = _columns(pieces), len(cells)
            header = (cells[0].start, cells[-1].start + len(cells[-1].piece)) if columns else None
        elif columns is not None and len(cells) == width:
            if header is not None:
                found.headers.append(header)
                header = None
            starts = [cell.start for cell in cells]
            found.mentions.extend(_row(columns, pieces, lambda starts=starts: starts))  # type: ignore[misc]
            bounded(len(found.mentions))
    return found if found.headers else None


def _in_lines(text: str) -> Tables | None:
    """A header, perhaps a rule under it, and lines of as many cells."""
    found = Tables([], [])
    columns: _Columns | None = None
    mark, start, width, headers = "", 0, 0, 0
    header: tuple[int, int] | None = None
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if columns is not None and not (line and _RULE.fullmatch(line)):
            pieces = _pieces(line, mark)
            if len(pieces) != width:
                columns = None
            else:
                if header is not None:
                    found.headers.append(header)
                    header = None
                found.mentions.extend(_row(columns, pieces, lambda: _starts(line, start, mark)))  # noqa: B023
                bounded(len(found.mentions))
        if columns is None and headers < _MAX_HEADERS and (mark := _mark_of_header(lines, at)):
            pieces = _pieces(line, mark)
            columns, width = _columns(pieces), len(pieces)
            if columns is not None and width == _UPRIGHT and _is_upright(pieces, _pieces(lines[at + 1], mark)):
                columns = None
            if columns is not None:
                headers += 1
                header = (start, start + len(line))
        start += len(line) + 1
    return found if found.headers else None


def _is_upright(first: list[str], second: list[str]) -> bool:
    """Two lines of a key and its value each: ``name   Jane Doe`` above ``addr   12 Hill Road``."""
    keys = [cells[0].strip(_AROUND) for cells in (first, second)]
    values = [cells[-1].strip(_AROUND) for cells in (first, second)]
    return all(kind_of(key, "") for key in keys) and not any(kind_of(value, "") for value in values)


def _mark_of_header(lines: list[str], at: int) -> str:
    """What separates the cells of a line, if those of the next line are separated in the same way."""
    line = lines[at]
    if at + 1 >= len(lines) or line[-1:] in _ENDS_PROSE:
        return ""
    below = lines[at + 1]
    for mark in _SEPARATORS:
        if mark not in line:
            continue
        if mark in ("|", _WIDE) and at + 2 < len(lines) and _RULE.fullmatch(below):
            below = lines[at + 2]
        if mark == _WIDE:
            return mark if mark in below else ""
        if line.count(mark) == below.count(mark) or ('"' in below and mark in below):
            return mark
    return ""


def _pieces(line: str, mark: str) -> list[str]:
    """The cells of a line as they stand between separators."""
    if mark == _WIDE:
        return _WIDE_GAP.split(line)
    if mark == "|":
        pieces = line.split(mark)
        return pieces if pieces[0].strip() else pieces[1:-1] if not pieces[-1].strip() else pieces[1:]
    return _QUOTED[mark].findall(line) if '"' in line else line.split(mark)


def _starts(line: str, offset: int, mark: str) -> list[int]:
    """Where the cells of a line start in the text."""
    if mark == _WIDE:
        return [offset, *(offset + gap.end() for gap in _WIDE_GAP.finditer(line))]
    if mark == "|" and not line.partition(mark)[0].strip():
        offset += line.index(mark) + 1
    starts: list[int] = []
    for piece in _pieces(line, mark):
        starts.append(offset)
        offset += len(piece) + len(mark)
    return starts


def _inserted(text: str) -> Iterator[tuple[bool, list[Cell]]]:
    """The columns and the rows of ``INSERT INTO t (a, b) VALUES (1, 2), (3, 4)``."""
    at = 0
    while (insert := _INSERT.search(text, at)) is not None:
        yield True, [Cell(name.start(), name.group()) for name in _COLUMN.finditer(text, *insert.span(1))]
        at = insert.end()
        cells: list[Cell] = []
        start, depth = at, 0
        while (token := _SQL_TOKEN.match(text, at)) is not None:
            sign, at = token.group(), token.end()
            if sign == "(":
                depth += 1
                if depth == 1:
                    cells, start = [], at
            elif sign == ")":
                depth -= 1
                if depth == 0:
                    yield False, [*cells, Cell(start, text[start : token.start()])]
                if depth < 0:
                    break
            elif sign == "," and depth == 1:
                cells.append(Cell(start, text[start : token.start()]))
                start = at
            elif depth == 0 and sign != "," and not sign.isspace():
                break


def _copied(text: str) -> Iterator[tuple[bool, list[Cell]]]:
    """The columns and the rows of PostgreSQL's ``COPY t (a, b) FROM stdin;``, as its dumps hold them."""
    copies = list(_COPY.finditer(text))
    ends = [copy.start() for copy in copies[1:]] + [len(text)]
    for copy, end in zip(copies, ends, strict=True):
        yield True, [Cell(name.start(), name.group()) for name in _COLUMN.finditer(text, *copy.span(1))]
        start = copy.end()
        for line in text[start:end].split("\n"):
            if line == "\\.":
                break
            cells = []
            for piece in line.split("\t"):
                cells.append(Cell(start, piece))
                start += len(piece) + 1
            yield False, cells


def _html(text: str) -> Iterator[tuple[bool, list[Cell]]]:
    cells: list[Cell] = []
    is_header = False
    for tag in _HTML_CELL.finditer(text):
        name = tag[2].lower()
        if name == "tr":
            if cells:
                yield is_header, cells
            cells, is_header = [], False
        elif not tag[1]:
            is_header |= name == "th"
            cells.append(Cell(tag.start(3), tag[3]))
    if cells:
        yield is_header, cells
