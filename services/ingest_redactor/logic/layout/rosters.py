"""Lists of people: where most items of a list or a row are names, the others are names too."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.ingest_redactor.logic.mentions import Mention
from services.ingest_redactor.logic.names.english import is_word
from services.ingest_redactor.logic.names.names_read import NAME_PRIORITY, read_name
from services.ingest_redactor.logic.names.nonames import NEVER, NO_NAME, THINGS

_ITEM = re.compile(r"[ \t]*+(?:[-*•]|\d{1,3}[.)])[ \t]++(?=\S)")
_WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?"
_NAME = re.compile(rf"{_WORD}(?:,? {_WORD}){{0,3}}(?=[ ]?(?:$|[-–—(|:;]|, ?[A-Z\d(]|[ ]{{2}}))")
_CAPITALISED = r"[^\W\d_a-z][^\W\d_]+(?:['’-][^\W\d_]+)*"
_PAIR = rf"{_CAPITALISED}(?: {_CAPITALISED}){{1,2}}"
_JOINT = re.compile(r", |; | and | & ")
_CHUNK_BEFORE = re.compile(rf"(?:^|[:,;(\n] ?)(?P<v>{_PAIR}), $")
_CHUNK_AFTER = re.compile(rf"(?:, | and | & |, and )(?P<v>{_PAIR})(?=$|[.,;)\n]| and )")
_CHUNK_CHARS = 64
_LEAST_ITEMS, _MOST_WORDS = 3, 4
_PRIORITY = NAME_PRIORITY + 1


def listed_people(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Names that begin items of a list in which at least half of the items, and two, begin with a found one; names beside
    two found ones in a row."""
    names = sorted(mention for mention in mentions if mention.type == "NAME")
    starts = {mention.start for mention in names}
    if len(starts) < _LEAST_ITEMS - 1:
        return []
    found = list(_enumerated(text, names))
    if "\n" not in text:
        return found
    items: list[tuple[int, str]] = []
    start = 0
    for line in [*text.split("\n"), ""]:
        item = _ITEM.match(line)
        if item is not None:
            items.append((start + item.end(), line[item.end() :]))
        elif items:
            found += _of_list(items, starts)
            items = []
        start += len(line) + 1
    return found


def _of_list(items: list[tuple[int, str]], starts: set[int]) -> list[Mention]:
    known = sum(at in starts for at, _ in items)
    if len(items) < _LEAST_ITEMS or known < _LEAST_ITEMS - 1 or 2 * known < len(items):
        return []
    found = []
    for at, line in items:
        name = _NAME.match(line) if at not in starts else None
        if name is not None and _may_be_a_person(name.group()):
            found.append(Mention(at, at + name.end(), "NAME", *read_name(name.group()), _PRIORITY))
    return found


def _enumerated(text: str, names: Sequence[Mention]) -> Iterator[Mention]:
    """``Oyinkan Delacourt, Jane Doe, Max Moe``: what stands in a row with two found names."""
    for one, other in pairwise(names):
        if _JOINT.fullmatch(text, one.end, other.start) is None:
            continue
        before = _CHUNK_BEFORE.search(text, max(0, one.start - _CHUNK_CHARS), one.start)
        for chunk in (before, _CHUNK_AFTER.match(text, other.end)):
            if chunk is not None and _may_be_a_person(chunk["v"]):
                yield Mention(*chunk.span("v"), "NAME", *read_name(chunk["v"]), _PRIORITY)


def _may_be_a_person(name: str) -> bool:
    words = [word.rstrip(".,") for word in name.split()]
    lows = [word.lower() for word in words]
    if not 1 <= len(words) <= _MOST_WORDS or not (
        NEVER.isdisjoint(lows) and NO_NAME.isdisjoint(lows) and THINGS.isdisjoint(lows)
    ):
        return False
    return words[-1][0] != words[-1][0].lower() or not any(map(is_word, lows))
