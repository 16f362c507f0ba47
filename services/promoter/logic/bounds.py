"""Bounds that hold at any time of looking.

Shares: a mixture likelihood ratio over (p0, 1], an e-process (Robbins 1970; Ramdas et al. 2023, "Game-theoretic statistics
and safe anytime-valid inference"). Looking after every call, a fixed-sample test at 5 % promotes wrongly one time in five.
Means: the empirical-Bernstein confidence sequence of Waudby-Smith & Ramdas (2024), "Estimating means of bounded random
variables by betting", theorem 2, with its predictable plug-in.
"""

import math
from dataclasses import dataclass

from scipy.special import betainc, betaln

BISECTIONS = 40


def log_evidence(successes: int, failures: int, floor: float) -> float:
    """log E against "the share of successes is at most ``floor``"; reject when it reaches log(1/α)."""
    if not 0.0 < floor < 1.0:
        raise ValueError("floor must lie between 0 and 1")
    tail = 1.0 - betainc(successes + 1, failures + 1, floor)
    if tail <= 0.0:
        return -math.inf
    mixture = betaln(successes + 1, failures + 1) + math.log(tail) - math.log1p(-floor)
    return float(mixture - successes * math.log(floor) - failures * math.log1p(-floor))


def share_at_least(successes: int, failures: int, floor: float, alpha: float) -> bool:
    """Whether the share is proven to be above ``floor``, at any time of looking, at level ``alpha``."""
    return log_evidence(successes, failures, floor) >= -math.log(alpha)


def share_lower_bound(successes: int, failures: int, alpha: float) -> float:
    """The largest floor that is proven, 0 if none is: the lower end of a confidence sequence."""
    if successes == 0:
        return 0.0
    low, high = 0.0, successes / (successes + failures)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if middle > 0.0 and share_at_least(successes, failures, middle, alpha):
            low = middle
        else:
            high = middle
    return low


def share_upper_bound(successes: int, failures: int, alpha: float) -> float:
    """The upper end, by symmetry."""
    return 1.0 - share_lower_bound(failures, successes, alpha)


@dataclass(frozen=True, slots=True)
class MeanEvidence:
    """Running sums of a confidence sequence for the mean of values in [0, 1]. Immutable: ``add`` gives the next one.

    The bets λ depend on past values alone and on ``alpha``, which therefore is fixed for one sequence.
    """

    alpha: float
    count: int = 0
    total: float = 0.0
    deviations: float = 0.0
    bets: float = 0.0
    weighted: float = 0.0
    penalty: float = 0.0

    def add(self, value: float) -> "MeanEvidence":
        if not 0.0 <= value <= 1.0:
            raise ValueError("values must lie in [0, 1]")
        mean = (0.5 + self.total) / (self.count + 1)
        variance = (0.25 + self.deviations) / (self.count + 1)
        time = self.count + 1
        bet = min(math.sqrt(2 * math.log(1 / self.alpha) / (variance * time * math.log1p(time))), 0.75)
        penalty = (value - mean) ** 2 * (-math.log1p(-bet) - bet)
        new_mean = (0.5 + self.total + value) / (self.count + 2)
        return MeanEvidence(
            self.alpha,
            self.count + 1,
            self.total + value,
            self.deviations + (value - new_mean) ** 2,
            self.bets + bet,
            self.weighted + bet * value,
            self.penalty + penalty,
        )

    def upper_bound(self) -> float:
        """Upper bound of the mean at level ``alpha``, one-sided; 1 without values."""
        if not self.count:
            return 1.0
        return min(1.0, (self.weighted + math.log(1 / self.alpha) + self.penalty) / self.bets)


def attempt_alpha(alpha: float, attempt: int) -> float:
    """What attempt k = 1, 2, … of a cluster may spend: α / (k (k + 1)), so that all attempts together spend at most α."""
    return alpha / (attempt * (attempt + 1))
