"""What this process has seen of each model lately: a circuit breaker and a window of latencies."""

import time
from collections import deque
from collections.abc import Callable

from services.router.logic import Health

OPEN_AFTER_FAILURES = 3
OPEN_S = 5.0
WINDOW = 200
MIN_SAMPLES = 20


class HealthBoard:
    """A model opens after three failures in a row and is tried again, by one call, after five seconds."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._failures: dict[str, int] = {}
        self._open_until_s: dict[str, float] = {}
        self._latencies_ms: dict[str, deque[float]] = {}

    def answered(self, model: str, latency_ms: float) -> None:
        self._failures.pop(model, None)
        self._open_until_s.pop(model, None)
        self._latencies_ms.setdefault(model, deque(maxlen=WINDOW)).append(latency_ms)

    def failed(self, model: str) -> None:
        self._failures[model] = self._failures.get(model, 0) + 1
        if self._failures[model] >= OPEN_AFTER_FAILURES:
            self._open_until_s[model] = self._now_s() + OPEN_S

    def read(self) -> Health:
        """The view a decision takes. A model whose time is up is let through once: the next reader waits again."""
        now_s = self._now_s()
        unavailable = set()
        for model, until_s in self._open_until_s.items():
            if now_s < until_s:
                unavailable.add(model)
            else:
                self._open_until_s[model] = now_s + OPEN_S
        return Health(frozenset(unavailable), {model: _p95(values) for model, values in self._latencies_ms.items()})


def _p95(values: deque[float]) -> float:
    if len(values) < MIN_SAMPLES:
        return 0.0
    ordered = sorted(values)
    return ordered[int(0.95 * (len(ordered) - 1))]
