"""Windows of scores: pure, idempotent by attempt id, in any order."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.events import MetricsWindowed, ObservationClustered, OutcomeReported
from shared.events.vocabulary import AttemptVerdict, CallOutcome, ModelKind, OutcomeKind


@dataclass(frozen=True, slots=True)
class Scored:
    """One attempt of one model on one cluster."""

    id: str
    cluster: str
    model: str
    at_ms: int
    success: bool
    format_error: bool
    tool_parse_error: bool
    escalated: bool
    cost_usd: float
    latency_ms: float


def attempts_of(event: object) -> Iterator[Scored]:
    """Frontier attempts stand in observations, specialists' attempts in outcomes (which name the cluster matched)."""
    if isinstance(event, ObservationClustered):
        for number, attempt in enumerate(event.attempts):
            if attempt.kind is ModelKind.FRONTIER:
                yield Scored(
                    id=f"{event.event_id}.{number}",
                    cluster=event.cluster,
                    model=attempt.model,
                    at_ms=event.occurred_at_ms,
                    success=attempt.verdict is AttemptVerdict.OK and event.outcome is CallOutcome.SUCCESS,
                    format_error=attempt.verdict is AttemptVerdict.FORMAT_ERROR,
                    tool_parse_error=not attempt.format_valid and attempt.verdict is AttemptVerdict.FORMAT_ERROR,
                    escalated=attempt.escalation_reason is not None,
                    cost_usd=attempt.cost_usd,
                    latency_ms=attempt.latency_ms,
                )
    elif isinstance(event, OutcomeReported) and event.kind is OutcomeKind.ATTEMPT:
        yield Scored(
            id=event.outcome_id,
            cluster=event.cluster,
            model=event.model,
            at_ms=event.reported_at_ms,
            success=event.verdict is AttemptVerdict.OK,
            format_error=event.verdict is AttemptVerdict.FORMAT_ERROR,
            tool_parse_error=event.verdict is AttemptVerdict.FORMAT_ERROR and not event.format_valid,
            escalated=event.rescued,
            cost_usd=event.cost_usd,
            latency_ms=event.latency_ms,
        )


@dataclass(slots=True)
class Window:
    """Sums of one cluster and model over ``window_s`` from ``start_ms``."""

    cluster: str
    model: str
    start_ms: int
    window_s: int
    seen: set[str] = field(default_factory=set)
    successes: int = 0
    format_errors: int = 0
    tool_parse_errors: int = 0
    escalations: int = 0
    cost_usd: float = 0.0
    latency_ms_sum: float = 0.0
    latency_ms_max: float = 0.0

    def add(self, scored: Scored) -> bool:
        """Count an attempt; false if it was counted before."""
        if scored.id in self.seen:
            return False
        self.seen.add(scored.id)
        self.successes += scored.success
        self.format_errors += scored.format_error
        self.tool_parse_errors += scored.tool_parse_error
        self.escalations += scored.escalated
        self.cost_usd += scored.cost_usd
        self.latency_ms_sum += scored.latency_ms
        self.latency_ms_max = max(self.latency_ms_max, scored.latency_ms)
        return True

    def event(self) -> MetricsWindowed:
        return MetricsWindowed(
            window_id=f"{self.cluster}|{self.model}|{self.start_ms}",
            cluster=self.cluster,
            model=self.model,
            window_start_ms=self.start_ms,
            window_s=self.window_s,
            calls=len(self.seen),
            successes=self.successes,
            format_errors=self.format_errors,
            tool_parse_errors=self.tool_parse_errors,
            escalations=self.escalations,
            cost_usd=self.cost_usd,
            latency_ms_sum=self.latency_ms_sum,
            latency_ms_max=self.latency_ms_max,
        )


class Scoreboard:
    """The open windows. Attempts older than the oldest kept window are late and left out (counted in ``late``)."""

    def __init__(self, window_s: int, keep_windows: int) -> None:
        self._window_ms = window_s * 1000
        self._window_s = window_s
        self._keep = keep_windows
        self._windows: dict[tuple[str, str, int], Window] = {}
        self._grown: set[tuple[str, str, int]] = set()
        self._newest_ms = 0
        self.late = 0

    def add(self, event: object) -> None:
        for scored in attempts_of(event):
            start_ms = scored.at_ms // self._window_ms * self._window_ms
            if start_ms < self._newest_ms - self._keep * self._window_ms:
                self.late += 1
                continue
            self._newest_ms = max(self._newest_ms, start_ms)
            key = (scored.cluster, scored.model, start_ms)
            window = self._windows.setdefault(key, Window(scored.cluster, scored.model, start_ms, self._window_s))
            if window.add(scored):
                self._grown.add(key)

    def take_grown(self) -> list[MetricsWindowed]:
        """Windows that grew since the last call; closed ones are then dropped."""
        events = [self._windows[key].event() for key in sorted(self._grown)]
        self._grown.clear()
        oldest_ms = self._newest_ms - self._keep * self._window_ms
        self._windows = {key: window for key, window in self._windows.items() if key[2] >= oldest_ms}
        return events
