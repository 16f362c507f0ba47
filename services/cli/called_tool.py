"""Which of the tools on offer a call's argument keys are of, learnt as lines come: a mixture of the tools, each with the
share of its calls in which a key stands (naive Bayes; one pass of expectation-maximisation, Neal and Hinton 1998).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

_SURE = 0.8
"""A tool as likely as that is taken for the one called."""
_PRIOR = 0.2
"""Calls, with and without each key, that every tool is thought to have had before the first."""
_MOST_TOOLS, _MOST_OFFERED, _MOST_KEYS = 4096, 64, 64


class CalledTool:
    """Guesses and learns. Deterministic; of bounded memory."""

    def __init__(self) -> None:
        self._calls: dict[str, float] = {}
        self._keys: dict[str, dict[str, float]] = {}

    def guess(self, offered: Sequence[str], keys: Sequence[str]) -> str | None:
        """The tool that most likely has these keys, ``None`` where none is likely enough; and learns from the line."""
        tools = list(dict.fromkeys(offered))[:_MOST_OFFERED]
        given = list(dict.fromkeys(keys))[:_MOST_KEYS]
        if not tools or not given:
            return None
        fits = [self._fit(tool, given) for tool in tools]
        most = max(fits)
        weights = [math.exp(fit - most) for fit in fits]
        total = sum(weights)
        for tool, weight in zip(tools, weights, strict=True):
            self._learn(tool, given, weight / total)
        best = max(range(len(tools)), key=lambda at: weights[at])
        return tools[best] if weights[best] >= _SURE * total else None

    def _fit(self, tool: str, given: Sequence[str]) -> float:
        """Logarithm of how likely the tool has just these of its keys."""
        calls, known = self._calls.get(tool, 0.0) + 2 * _PRIOR, self._keys.get(tool, {})
        fit = sum(math.log((known.get(key, 0.0) + _PRIOR) / calls) for key in given)
        return fit + sum(math.log((calls - count - _PRIOR) / calls) for key, count in known.items() if key not in given)

    def _learn(self, tool: str, given: Sequence[str], share: float) -> None:
        if tool not in self._calls and len(self._calls) >= _MOST_TOOLS:
            return
        self._calls[tool] = self._calls.get(tool, 0.0) + share
        known = self._keys.setdefault(tool, {})
        for key in given:
            if key in known or len(known) < _MOST_KEYS:
                known[key] = known.get(key, 0.0) + share

    def saved(self) -> dict[str, Any]:
        return {"calls": self._calls, "keys": self._keys}

    def load(self, saved: Mapping[str, Any]) -> None:
        self._calls = dict(saved.get("calls", {}))
        self._keys = {tool: dict(known) for tool, known in saved.get("keys", {}).items()}
