"""Lists of people: where names begin most items of a list, what begins the others is a name too."""

import re
from collections.abc import Sequence

from services.ingest_redactor.logic.english import is_word
from services.ingest_redactor.logic.mentions import Mention
from services.ingest_redactor.logic.nonames import NEVER, NO_NAME, THINGS
from services.ingest_redactor.logic.person import NAME_PRIORITY, read_name

_ITEM = re.compile(r"[ \t]*+(?:[-*•]|\d{1,3}[.)])[ \t]++(?=\S)")
_WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?"
_NAME = re.compile(rf"{_WORD}(?:,? {_WORD}){{0,3}}(?=[ ]?(?:$|[-–—(|:;]|, ?[A-Z\d(]|[ ]{{2}}))")
_LEAST_ITEMS, _MOST_WORDS = 3, 4
_PRIORITY = NAME_PRIORITY + 1


def listed_people(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Names that begin items of a list in which at least half of the items, and two, begin with a found one."""
    starts = {mention.start for mention in mentions if mention.type == "NAME"}
    if len(starts) < _LEAST_ITEMS - 1:
        return []
    found: list[Mention] = []
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


def _may_be_a_person(name: str) -> bool:
    words = [word.rstrip(".,") for word in name.split()]
    lows = [word.lower() for word in words]
    if not 1 <= len(words) <= _MOST_WORDS or not (
        NEVER.isdisjoint(lows) and NO_NAME.isdisjoint(lows) and THINGS.isdisjoint(lows)
    ):
        return False
    return words[-1][0] != words[-1][0].lower() or not any(map(is_word, lows))
