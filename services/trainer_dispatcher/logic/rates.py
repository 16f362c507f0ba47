"""A daily rate with its interval, from arrivals of a Poisson process over an observed span."""

import math
from dataclasses import dataclass

DAY_S = 86_400.0
# Both ends of a 95 % interval.
Z = 1.959964
MIN_SPAN_S = 1.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls per day: central, and the ends of a 95 % interval."""

    central: float
    low: float
    high: float


def daily_rate(calls: int, span_s: float) -> Rate:
    """The rate of ``calls`` whose first and last are ``span_s`` apart: one fewer arrivals fell into that span.

    The exact bounds are quantiles of Gamma(k) and Gamma(k + 1); they are taken by Byar's approximation (Wilson–Hilferty
    cubes; Breslow & Day 1987), within 1.5 % of the exact ones from four arrivals on; below that the lower one is lower yet.
    """
    arrivals = max(calls - 1, 0)
    per_day = DAY_S / max(span_s, MIN_SPAN_S)
    return Rate(arrivals * per_day, _lower(arrivals) * per_day, _upper(arrivals) * per_day)


def _lower(arrivals: int) -> float:
    if arrivals == 0:
        return 0.0
    return float(arrivals * max(0.0, 1 - 1 / (9 * arrivals) - Z / (3 * math.sqrt(arrivals))) ** 3)


def _upper(arrivals: int) -> float:
    more = arrivals + 1
    return float(more * (1 - 1 / (9 * more) + Z / (3 * math.sqrt(more))) ** 3)
