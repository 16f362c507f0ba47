"""What a committed transaction adds to the metrics of its application."""

from collections import Counter
from operator import itemgetter

from shared import telemetry
from shared.stream.checks import count_kinds
from shared.stream.outcome import Emit, Emitted, Rejected
from shared.stream.task import Prepared

_TOPIC = itemgetter(0)  # of an output record


def count_committed(application: str, prepared: Prepared) -> None:
    """Count inputs by result, outputs by topic, why inputs were rejected or skipped, and what logic measured."""
    kinds = count_kinds(prepared.results)
    for kind, count in kinds.items():
        telemetry.RECORDS.labels(application, kind).inc(count)
    for topic, count in Counter(map(_TOPIC, prepared.records)).items():
        telemetry.OUTPUTS.labels(application, topic).inc(count)
    telemetry.publish_measured(prepared.measured, application)
    if kinds.keys() <= {"emitted"}:
        return
    for result, count in Counter([r for r in prepared.results if not isinstance(r, Emit | Emitted)]).items():
        metric = telemetry.DEAD_LETTERS if isinstance(result, Rejected) else telemetry.SKIPPED
        metric.labels(application, result.reason).inc(count)
