"""Which rules are worth trying on a text, told in one pass over it for words and one for shapes.

An automaton for many patterns has the states in which any of them may be, together. It stays small, and in the processor's
cache, where what is looked for is short: the pattern with its upper counts let go, or what it cannot be without.
"""

import re
from collections.abc import Sequence
from typing import Any

import re2

from services.ingest_redactor.logic.rules.rule import Rule

_COUNT = re.compile(r"\{(\d+),(\d+)\}")
_SMALL_COUNT = 6


def loosened(pattern: str) -> str:
    """A pattern of fewer states that matches wherever ``pattern`` does: many and more are one."""
    return _COUNT.sub(lambda count: count[0] if int(count[2]) <= _SMALL_COUNT else f"{{{count[1]},}}", pattern)


class Triggers:
    """The compiled triggers of some rules. Immutable; linear in the text."""

    def __init__(self, rules: Sequence[Rule], options: Any) -> None:
        parts = [(at, loosened(rule.trigger or rule.pattern)) for at, rule in enumerate(rules)]
        self._gates: dict[int, int] = {}
        for at, rule in enumerate(rules):
            if rule.only_with is not None:
                self._gates[at] = len(parts)
                parts.append((len(parts), loosened(rule.only_with)))
        self._sets: list[tuple[Any, list[int]]] = []
        for of_words in (True, False):
            chosen = [(at, pattern) for at, pattern in parts if ("(?i" in pattern) is of_words]
            one = re2.Set.SearchSet(options)
            for _, pattern in chosen:
                one.Add(pattern)
            one.Compile()
            self._sets.append((one, [at for at, _ in chosen]))

    def fired(self, encoded: Sequence[bytes]) -> dict[int, list[int]]:
        """For each rule that may match in some of the texts, by its index, the places of those."""
        found: dict[int, list[int]] = {}
        for one, members in self._sets:  # one by one: its table stays in the processor's cache while it reads all texts
            for place, text in enumerate(encoded):
                for at in one.Match(text) or ():
                    found.setdefault(members[at], []).append(place)
        for at, gate in self._gates.items():
            if at in found:
                open_ = frozenset(found.pop(gate, ()))
                found[at] = [place for place in found[at] if place in open_]
            else:
                found.pop(gate, None)
        return found
