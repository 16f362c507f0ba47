"""Whether, when and how often to try again: decisions as data, testable without running anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, without jitter: a task is alone on its partition, so nothing herds."""

    first_s: float = 0.05
    factor: float = 2.0
    longest_s: float = 5.0

    def delay_s(self, failures: int) -> float:
        """The pause after ``failures`` failures in a row (at least 1)."""
        return min(self.longest_s, self.first_s * self.factor ** min(failures - 1, 32))


@dataclass(frozen=True, slots=True)
class Retry:
    after_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


def decide(attempts: int, max_attempts: int, backoff: Backoff) -> Retry | GiveUp:
    """What to do after ``attempts`` failed calls for one message."""
    if attempts >= max_attempts:
        return GiveUp("attempts_exhausted")
    return Retry(backoff.delay_s(attempts))
