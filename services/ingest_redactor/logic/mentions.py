"""What was found in a text: mentions of entities."""

from bisect import bisect_left, insort
from typing import NamedTuple

from shared.errors import PoisonError


class Mention(NamedTuple):
    """A stretch of a text that names an entity. ``canonical`` is equal for all renderings of one entity.

    ``priority`` decides where mentions overlap: lower wins, then the longer.
    """

    start: int
    end: int
    type: str
    canonical: str
    form: str
    priority: int

    def moved(self, chars: int) -> "Mention":
        """The same, so many characters further on."""
        return self._replace(start=self.start + chars, end=self.end + chars)


MAX_VALUES = 32_768
"""Keys and values of JSON in one call; lines or assignments in one text. More are no call of a narrow task, and would
hold up those behind it for seconds."""
MAX_MENTIONS = 10_000
"""In one text. What holds more is refused: it bounds the time that one record may take."""


def bounded(count: int) -> None:
    """Raises ``PoisonError`` for more mentions than can be followed."""
    if count > MAX_MENTIONS:
        raise PoisonError("too_many_identifiers", f"more than {MAX_MENTIONS} mentions in one text")


def without_overlaps(mentions: list[Mention], taken: list[tuple[int, int]]) -> list[Mention]:
    """The mentions that stand when overlaps are settled, in order of position; none touches a taken span."""
    if len(mentions) == 1 and not taken:
        return mentions
    kept: list[Mention] = []
    starts = sorted(start for start, _ in taken)
    end_of = dict(taken)
    for mention in sorted(mentions, key=lambda m: (m.priority, m.start - m.end, m.start)):
        place = bisect_left(starts, mention.end)
        if place and end_of[starts[place - 1]] > mention.start:
            continue
        kept.append(mention)
        insort(starts, mention.start)
        end_of[mention.start] = mention.end
    kept.sort(key=lambda m: m.start)
    return kept
