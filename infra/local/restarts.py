"""When a crashed process starts again: at once after a long life, later and later in a crash loop, then not at all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Delays double from ``first_s`` to ``longest_s``; a life of ``settled_s`` forgives earlier crashes."""

    first_s: float = 0.5
    longest_s: float = 15.0
    settled_s: float = 60.0
    attempts: int = 8

    def delay_s(self, crashes: int) -> float | None:
        """The pause before the next start after ``crashes`` short lives in a row (1 or more); ``None``: give up."""
        if crashes > self.attempts:
            return None
        return float(min(self.longest_s, self.first_s * 2 ** (crashes - 1)))


class Restarts:
    """One process's crash history. Pure: the caller passes monotonic seconds in."""

    def __init__(self, policy: RestartPolicy) -> None:
        self._policy = policy
        self._started_at_s = 0.0
        self.crashes_in_a_row = 0
        self.total = 0
        self.due_at_s: float | None = None
        self.gave_up = False

    def started(self, now_s: float) -> None:
        self._started_at_s = now_s
        self.due_at_s = None

    def ended(self, now_s: float) -> None:
        """The process ended without being asked to: plan the next start, or give up."""
        lived_s = now_s - self._started_at_s
        self.crashes_in_a_row = 1 if lived_s >= self._policy.settled_s else self.crashes_in_a_row + 1
        delay_s = self._policy.delay_s(self.crashes_in_a_row)
        self.gave_up = delay_s is None
        self.due_at_s = None if delay_s is None else now_s + delay_s
        self.total += 1

    def is_due(self, now_s: float) -> bool:
        return self.due_at_s is not None and now_s >= self.due_at_s
