"""What a committed transaction adds to the metrics of its application."""

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter

from shared import telemetry
from shared.stream.broker import OutRecord
from shared.stream.checks import count_kinds
from shared.stream.outcome import Emit, Emitted, Rejected
from shared.stream.task import Prepared

_TOPIC = itemgetter(0)  # of an output record


def count_outputs(records: Iterable[OutRecord]) -> Counter[str]:
    """Outputs by topic."""
    return Counter(map(_TOPIC, records))


def count_committed(application: str, prepared: Prepared, outputs: Mapping[str, int]) -> None:
    """Count inputs by result, ``outputs`` by topic, why inputs were rejected or skipped, and what logic measured."""
    kinds = count_kinds(prepared.results)
    for kind, count in kinds.items():
        telemetry.RECORDS.labels(application, kind).inc(count)
    for topic, count in outputs.items():
        telemetry.OUTPUTS.labels(application, topic).inc(count)
    telemetry.publish_measured(prepared.measured, application)
    if kinds.keys() <= {"emitted"}:
        return
    for result, count in Counter([r for r in prepared.results if not isinstance(r, Emit | Emitted)]).items():
        metric = telemetry.DEAD_LETTERS if isinstance(result, Rejected) else telemetry.SKIPPED
        metric.labels(application, result.reason).inc(count)
