"""One text in, the identifiers in it out: a trigger pass over all patterns at once, then only those that fired."""

import re
import unicodedata
from typing import Any

import re2

from services.ingest_redactor.logic.mentions import Mention, without_overlaps
from services.ingest_redactor.logic.person import THRESHOLDS, person_mentions
from services.ingest_redactor.logic.rules import Profile, Rule, rules_of
from services.ingest_redactor.logic.tagger import Tagger
from shared.prompting import placeholders

CONTEXT_CHARS = 48
_ONE_WORD = re.compile(r"[a-z_]{1,40}")
"""A key or a code: no rule finds anything in a single lower-case word."""
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d")
_SPACES = frozenset("\u00a0\u2007\u2009\u202f")


def plain(text: str) -> tuple[str, list[int] | None]:
    """The text as patterns read it: look-alike digits, dashes and full-width forms made plain, invisible characters
    gone; and where each of its characters stood. ``None`` if nothing moved."""
    if text.isascii():
        return text, None
    chars: list[str] = []
    places: list[int] = []
    for index, char in enumerate(text):
        if char in _INVISIBLE:
            continue
        if char in _DASHES:
            char = "-"
        elif char in _SPACES:
            char = " "
        elif char > "\u0600":
            folded = unicodedata.normalize("NFKC", char)
            digit = unicodedata.decimal(char, None)
            char = str(digit) if digit is not None else folded if len(folded) == 1 else char
        chars.append(char)
        places.append(index)
    if len(chars) == len(text):
        return "".join(chars), None
    places.append(len(text))
    return "".join(chars), places


class Scanner:
    """The compiled rules of one profile. Immutable; scanning is linear in the text."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._tagger = Tagger()
        self._thresholds = THRESHOLDS[profile]
        options = re2.Options()
        options.max_mem = 256 << 20
        options.log_errors = False
        self._rules: list[tuple[int, Rule, Any]] = []
        self._triggers = re2.Set.SearchSet(options)
        for priority, rule in enumerate(rules_of(profile)):
            self._triggers.Add(rule.pattern)
            self._rules.append((priority, rule, re2.compile(rule.pattern, options)))
        self._triggers.Compile()

    def scan(self, text: str) -> list[Mention]:
        """Mentions in order, without overlaps; placeholders in the text are left alone."""
        if len(text) < 3 or _ONE_WORD.fullmatch(text):
            return []
        seen, places = plain(text)
        found = person_mentions(seen, self._tagger, self._thresholds)
        for index in self._triggers.Match(seen) or ():
            found += self._confirmed(seen, *self._rules[index])
        if not found:
            return []
        taken = [(start, end) for start, end, _ in placeholders.find(seen)]
        kept = without_overlaps(found, taken)
        if places is None:
            return kept
        return [Mention(places[m.start], places[m.end - 1] + 1, m.type, m.canonical, m.form, m.priority) for m in kept]

    @staticmethod
    def _confirmed(text: str, priority: int, rule: Rule, pattern: Any) -> list[Mention]:
        found = []
        for match in pattern.finditer(text):
            group = match.lastindex or 0
            start, end = match.span(group)
            value = match.group(group).rstrip(" .-" if rule.type != "SECRET" else "")
            end = start + len(value)
            before, after = text[max(0, start - CONTEXT_CHARS) : start], text[end : end + CONTEXT_CHARS]
            confirmed = rule.confirm(value, before, after) if value else None
            if confirmed is not None:
                type_ = confirmed.type or rule.type
                found.append(Mention(start, end, type_, confirmed.canonical, confirmed.form, priority))
        return found
