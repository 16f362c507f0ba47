"""One text in, the identifiers in it out: a trigger pass over all patterns at once, then only those that fired."""

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from services.ingest_redactor.logic.mentions import Mention, bounded, without_overlaps
from services.ingest_redactor.logic.names.names_read import NAME_PRIORITY
from services.ingest_redactor.logic.names.person import PLACE_PRIORITY, THRESHOLDS, person_mentions
from services.ingest_redactor.logic.names.scorer import Scorer
from services.ingest_redactor.logic.rules.rule import Profile, Rule
from services.ingest_redactor.logic.rules.table import rules_of
from services.ingest_redactor.logic.rules.triggers import Triggers
from shared.errors import PoisonError
from shared.prompting import placeholders

CONTEXT_CHARS = 48
_COVERING = 64
"""Of so many mentions a weaker rule is not asked again: it would lose. The bound keeps hostile text linear."""
_ONE_WORD = re.compile(r"[a-z_]{1,40}")
"""A key or a code: no rule finds anything in a single lower-case word."""
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_ODD = re.compile("[\u00a0\u00ad\u0600-\u27e5\u27e8-\U0010ffff]")
"""What may read as something else; the brackets of placeholders are left out."""
_REACH_CHARS = 96
_FEW_ODD = 32
"""Up to so many kinds are replaced one kind at a time, which is faster and stays linear."""
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d")
_SPACES = frozenset("\u00a0\u2007\u2009\u202f")


@lru_cache(maxsize=4096)
def _plain_char(char: str) -> str:
    if _INVISIBLE.match(char):
        return ""
    if char in _DASHES:
        return "-"
    if char in _SPACES:
        return " "
    digit = unicodedata.decimal(char, None)
    folded = unicodedata.normalize("NFKC", char)
    return str(digit) if digit is not None else folded if len(folded) == 1 else char


def plain(text: str) -> tuple[str, list[int] | None]:
    """The text as patterns read it: look-alike digits, dashes and full-width forms made plain, invisible characters
    gone; and where each of its characters stood. ``None`` if nothing moved."""
    if text.isascii() or ("⟦" in text and text.replace("⟦", "").replace("⟧", "").isascii()):
        return text, None
    odd = set(_ODD.findall(text))
    changes = [(char, simple) for char in odd if (simple := _plain_char(char)) != char]
    seen = text
    if len(changes) > _FEW_ODD or any(simple in odd for _, simple in changes):
        seen = _ODD.sub(lambda match: _plain_char(match.group()), text)
    else:
        for char, simple in changes:
            seen = seen.replace(char, simple)
    if len(seen) == len(text):
        return seen, None
    places: list[int] = []
    position = 0
    for match in _INVISIBLE.finditer(text):
        places += range(position, match.start())
        position = match.end()
    places += range(position, len(text) + 1)
    return seen, places


def _around_placeholders(text: str) -> list[tuple[int, int]]:
    """Stretches of the text that reach :data:`_REACH_CHARS` to both sides of its placeholders."""
    stretches: list[tuple[int, int]] = []
    for start, end in placeholders.places(text):
        if stretches and start - _REACH_CHARS <= stretches[-1][1] + 2 * CONTEXT_CHARS:
            stretches[-1] = stretches[-1][0], end + _REACH_CHARS
        else:
            stretches.append((max(0, start - _REACH_CHARS), end + _REACH_CHARS))
    return stretches


class _Part(NamedTuple):
    """From ``first`` to ``last`` a text is read; what is found counts from ``start`` to ``end``."""

    first: int
    last: int
    start: int
    end: int


def _parts_around_placeholders(text: str) -> list[_Part]:
    """The stretches around placeholders, from word to word. The whole text, if that is not much more, or if no word ends
    near: a longer search would not be linear."""
    whole = [_Part(0, len(text), 0, len(text))]
    stretches = _around_placeholders(text)
    if sum(end - start for start, end in stretches) * 3 > 2 * len(text):
        return whole
    found: list[_Part] = []
    for start, end in stretches:
        low, high = start - CONTEXT_CHARS, end + CONTEXT_CHARS
        first = text.rfind(" ", max(0, low - CONTEXT_CHARS), low) + 1 if low > 0 else 0
        last = text.find(" ", high, high + CONTEXT_CHARS) if high < len(text) else len(text)
        if last < 0 or (first == 0 and low > 0):
            return whole
        found.append(_Part(first, last, start, end))
    return found


def _settled(found: list[Mention], seen: str, places: list[int] | None) -> list[Mention]:
    """``found`` in the plain text ``seen``, without overlaps and where it stands in the original."""
    kept = without_overlaps(found, placeholders.places(seen))
    if places is None:
        return kept
    return [Mention(places[m.start], places[m.end - 1] + 1, m.type, m.canonical, m.form, m.priority) for m in kept]


class Scanner:
    """The compiled rules of one profile. Immutable; scanning is linear in the text."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._scorer = Scorer()
        self._thresholds = THRESHOLDS[profile]
        options = re2.Options()
        options.max_mem = 256 << 20
        options.log_errors = False
        self._rules: list[tuple[int, Rule, Any, int]] = []
        for priority, rule in enumerate(rules_of(profile)):
            pattern = re2.compile(rule.pattern, options)
            self._rules.append((priority, rule, pattern, pattern.groups))
        self._triggers = Triggers([rule for _, rule, *_ in self._rules], options)

    def rule_name(self, priority: int) -> str:
        """Which rule a mention's priority stands for."""
        if 0 <= priority < len(self._rules):
            return self._rules[priority][1].name
        return {NAME_PRIORITY: "tagger", PLACE_PRIORITY: "tagger"}.get(
            priority, "key" if priority < 0 else "known value"
        )

    def scan(self, text: str, *, again: bool = False) -> list[Mention]:
        """As :meth:`scan_all`, of one text."""
        return self.scan_all([text], again=again)[0]

    def scan_all(self, texts: list[str], *, again: bool = False) -> list[list[Mention]]:
        """Mentions of each text in order, without overlaps; placeholders in a text are left alone. ``again``: the texts
        were scanned before, and only placeholders were put into them since: words far from them are what they were.

        Names are looked for in all texts, then all triggers, then each pattern where it was triggered: they would push
        each other's tables out of the processor's cache."""
        wanted = [at for at, text in enumerate(texts) if len(text) >= 3 and not _ONE_WORD.fullmatch(text)]
        seen = [plain(texts[at]) for at in wanted]
        plain_texts = [text for text, _ in seen]
        read = self._read_around_placeholders(plain_texts) if again else self._read(plain_texts)
        found: list[list[Mention]] = [[] for _ in texts]
        for at, mentions, (text, places) in zip(wanted, read, seen, strict=True):
            found[at] = _settled(mentions, text, places) if mentions else mentions
        return found

    def _read(self, texts: list[str]) -> list[list[Mention]]:
        found = person_mentions(texts, self._scorer, self._thresholds)
        self._add_patterns(found, texts)
        return found

    def _read_around_placeholders(self, texts: list[str]) -> list[list[Mention]]:
        """What stands near placeholders, read with enough around it to be the same as in the whole text."""
        parts = [(at, part) for at, text in enumerate(texts) for part in _parts_around_placeholders(text)]
        read = self._read([texts[at][part.first : part.last] for at, part in parts])
        found: list[list[Mention]] = [[] for _ in texts]
        for (at, part), mentions in zip(parts, read, strict=True):
            for mention in mentions:
                start, end = mention.start + part.first, mention.end + part.first
                if part.start <= start and end <= part.end:
                    found[at].append(mention._replace(start=start, end=end))
        return found

    def _add_patterns(self, found: list[list[Mention]], texts: list[str]) -> None:
        """Adds to each text's mentions what patterns find, pattern by pattern in order of priority: an automaton's table
        stays in the processor's cache while it reads all texts."""
        encoded = [text.encode() for text in texts]
        waiting = self._triggers.fired(encoded)
        for index in sorted(waiting):
            for at in waiting[index]:
                self._confirmed(found[at], texts[at], encoded[at], *self._rules[index])

    @staticmethod
    def _confirmed(
        found: list[Mention], text: str, encoded: bytes, priority: int, rule: Rule, pattern: Any, groups: int
    ) -> None:
        """Adds what the rule finds. Bytes are searched, and their places counted out only where they are not the text's."""
        confirm, type_, closing = rule.confirm, rule.type, " .-" if rule.type != "SECRET" else ""
        stronger = [(mention.start, mention.end) for mention in found[:_COVERING] if mention.priority < priority]
        is_ascii, first, at_byte, at_char = len(encoded) == len(text), len(found), 0, 0
        for tried, match in enumerate(pattern.finditer(encoded)):
            if rule.most is not None and tried >= rule.most:
                raise PoisonError("too_many_identifiers", f"more than {rule.most} matches of one rule in one text")
            start, end = match.span(groups if groups < 2 else match.lastindex or 0)
            if start < 0:
                start, end = match.span()
            if not is_ascii:
                at_char += len(encoded[at_byte:start].decode())
                at_byte, length = end, len(encoded[start:end].decode())
                start, at_char = at_char, at_char + length
                end = at_char
            value = text[start:end].rstrip(closing)
            end = start + len(value)
            if not value or any(low <= start and end <= high for low, high in stronger):
                continue
            confirmed = confirm(value, text[max(0, start - CONTEXT_CHARS) : start], text[end : end + CONTEXT_CHARS])
            if confirmed is not None:
                bounded(len(found) - first)
                canonical, form, other, counted, skipped = confirmed
                start += skipped
                last = end if counted is None else start + counted
                found.append(Mention(start, last, other or type_, canonical, form, priority))
