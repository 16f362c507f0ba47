"""Metrics as a typed list, and logs as JSON lines that cannot carry content.

A log line holds a fixed message and fields from an allow-list: messages are never interpolated (except those of the
Kafka client, which name brokers, groups and offsets), and exceptions are logged by type and place, not by text.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from prometheus_client import Counter, Gauge, Histogram

from shared.errors import FlywheelError

# Each metric: what it counts, and who looks at it.
RECORDS: Final = Counter(  # conservation: emitted + rejected + skipped + deferred = read; the pipeline dashboard
    "flywheel_records", "Input records by result", ["application", "result"]
)
SKIPPED: Final = Counter(  # why records led to nothing of their own: stale results of training jobs, repeats, opt-outs
    "flywheel_skipped", "Records skipped on purpose", ["application", "reason"]
)
DEAD_LETTERS: Final = Counter(  # any rate above zero is looked at, by reason
    "flywheel_dead_letters", "Records that became dead letters", ["application", "reason"]
)
OUTPUTS: Final = Counter(  # throughput per output topic
    "flywheel_outputs", "Records written", ["application", "topic"]
)
COMMIT_SECONDS: Final = Histogram(  # transaction latency; alarm on p99
    "flywheel_commit_seconds",
    "Time from the begin of a transaction to its commit",
    ["application"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
PROCESS_SECONDS: Final = Histogram(  # decode, logic and encode of one batch
    "flywheel_process_seconds",
    "Time to decode, process and encode one batch",
    ["application"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
RESTORE_SECONDS: Final = Histogram(  # a snapshot is needed when this passes 5 s
    "flywheel_restore_seconds",
    "Time from a task's assignment to its first poll",
    ["application"],
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60),
)
TASKS: Final = Gauge(  # running tasks per process; zero for long is an alarm
    "flywheel_tasks", "Tasks by phase", ["application", "phase"]
)
REOPENED: Final = Counter(  # tasks closed dirty and opened again, by kind of error
    "flywheel_tasks_reopened", "Tasks that were closed dirty and reopened", ["application", "kind"]
)
IN_FLIGHT: Final = Gauge(  # saturation of an async service
    "flywheel_in_flight", "Messages being handled by an async processor", ["application"]
)
TABLE_VERSION: Final = Gauge(  # differs between processes for long: one of them lags
    "flywheel_table_version", "Version of a broadcast table", ["topic"]
)
TABLE_REJECTED: Final = Counter(  # records of a broadcast table that could not be decoded
    "flywheel_table_rejected", "Undecodable records of a broadcast table", ["topic"]
)
PLACED: Final = Counter(  # of all: provisional is what no published matcher held; novel is like nothing seen before
    "flywheel_placed", "Calls placed in clusters", ["application", "how"]
)
RECLUSTERS: Final = Counter(  # cold: the control was clearly better than the groups it started from
    "flywheel_reclusters", "Shards clustered anew, by what they started from", ["application", "start"]
)
RECLUSTER_DRIFT: Final = Histogram(  # alarm when a recluster moves a fifth of the calls it had placed before
    "flywheel_recluster_drift",
    "Share of calls that changed their cluster in a recluster",
    ["application"],
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8),
)
RECLUSTER_AGREEMENT: Final = Histogram(  # low for long: ids are kept at the price of clusters that are no longer there
    "flywheel_recluster_agreement",
    "Adjusted Rand index of a warm recluster and its cold control",
    ["application"],
    buckets=(0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0),
)

METRICS: Final = (
    RECORDS,
    SKIPPED,
    DEAD_LETTERS,
    OUTPUTS,
    COMMIT_SECONDS,
    PROCESS_SECONDS,
    RESTORE_SECONDS,
    TASKS,
    REOPENED,
    IN_FLIGHT,
    TABLE_VERSION,
    TABLE_REJECTED,
    PLACED,
    RECLUSTERS,
    RECLUSTER_DRIFT,
    RECLUSTER_AGREEMENT,
)
# What a processor may measure, by the name it says it under.
MEASURED: Final[Mapping[str, Counter | Histogram]] = {
    "placed": PLACED,
    "reclusters": RECLUSTERS,
    "recluster_drift": RECLUSTER_DRIFT,
    "recluster_agreement": RECLUSTER_AGREEMENT,
}

# Fields a log line may carry: identifiers of our own making, codes, counts, durations, addresses. Never content.
LOG_FIELDS: Final = frozenset(
    {
        "adapter", "address", "application", "attempt", "cluster", "code", "count", "deadline_s", "decision", "duration_s",
        "epoch", "error", "event_id", "exit_code", "generation", "group", "job", "kind", "limit", "model", "name", "offset",
        "offsets", "partition", "phase", "pid", "policy", "port", "reason", "records", "service", "signal", "size_bytes",
        "stage", "state", "status", "step", "store", "task", "topic", "topics", "transactional_id", "version", "where",
    }
)  # fmt: skip

_TRUSTED_LOGGERS: Final = ("aiokafka",)


class JsonLines(logging.Formatter):
    """One JSON object per line: time, level, logger, message, service, allowed fields, and where an error arose."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at_ms": int(record.created * 1000),
            "level": record.levelname,
            "logger": record.name,
            "service": self._service,
            "message": self._message(record),
        }
        for name, value in record.__dict__.items():
            if name in LOG_FIELDS and name != "name":
                line[name] = value if isinstance(value, int | float | bool) or value is None else str(value)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe_error(record.exc_info[1])
            line["stack"] = _frames(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)

    @staticmethod
    def _message(record: logging.LogRecord) -> str:
        if record.name.split(".")[0] in _TRUSTED_LOGGERS:
            return record.getMessage()
        return record.msg if isinstance(record.msg, str) else type(record.msg).__name__


class Seldom(logging.Filter):
    """Lets each message of the Kafka client through once in ``every_s``: an outage repeats it hundreds of times."""

    def __init__(self, every_s: float = 10.0) -> None:
        super().__init__()
        self._every_s = every_s
        self._next_s: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".")[0] not in _TRUSTED_LOGGERS:
            return True
        said = str(record.msg)
        if record.created < self._next_s.get(said, 0.0):
            return False
        self._next_s[said] = record.created + self._every_s
        return True


def describe_error(error: BaseException) -> str:
    """An error in words that hold no content: our own errors' text, of others the type and the place."""
    if isinstance(error, FlywheelError):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _frames(error: BaseException) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


def configure_logging(service: str, level: str, stream: TextIO | None = None) -> None:
    """Send every log to ``stream`` (default: standard error) as JSON lines. Libraries never go below WARNING."""
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(JsonLines(service))
    handler.addFilter(Seldom())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("shared", "services", "infra"):
        logging.getLogger(name).setLevel(level)


def publish_measured(measured: Sequence[tuple[str, float, str]], application: str) -> None:
    """Count or observe figures of the logic: metric, value, and its own label or nothing. Raises ``KeyError`` for a name
    that is not in :data:`MEASURED`."""
    for name, value, label in measured:
        metric = MEASURED[name]
        series = metric.labels(application, label) if label else metric.labels(application)
        if isinstance(series, Counter):
            series.inc(value)
        else:
            series.observe(value)


def publish_phases(phases: Sequence[str], application: str) -> None:
    """Publish how many tasks of ``application`` are in each phase."""
    counts: dict[str, int] = {}
    for phase in phases:
        counts[phase] = counts.get(phase, 0) + 1
    for phase in ("restoring", "running", "suspended"):
        TASKS.labels(application, phase).set(counts.get(phase, 0))
