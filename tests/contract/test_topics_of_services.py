"""The registry of topics against the services: inputs, broadcast tables, changelogs and consumers agree both ways."""

from collections.abc import Callable

import numpy as np
import pytest

from services.clusterer.logic.parameters import Parameters
from services.clusterer.processor import application as clusterer
from services.deduper.logic.verdicts import Span
from services.deduper.processor import application as deduper
from services.ingest_redactor.logic.eligibility import Limits
from services.ingest_redactor.processor import application as ingest_redactor
from services.promoter.processor import application as promoter
from services.recorder.processor import TOPICS as RECORDED
from services.trainer_dispatcher.processor import application as trainer_dispatcher
from shared.policy import load_policy
from shared.schema.release import SCHEMAS_DIR
from shared.schema.topics import load_topics
from shared.stream.processor import Application
from shared.tasks.features import Featuriser

TOPICS = load_topics(SCHEMAS_DIR / "topics.yaml")
POLICY = load_policy("service")
LIMITS = Limits(max_cost_usd=1.0, verified_labels=frozenset(), unsafe_labels=frozenset())


def _embed(texts: object) -> np.ndarray:
    raise AssertionError("nothing is embedded here")


APPLICATIONS: dict[str, Callable[[], Application]] = {
    "ingest_redactor": lambda: ingest_redactor(hash_key=b"k", profile="pii", limits=LIMITS),
    "deduper": lambda: deduper(
        threshold=0.8, span=Span(generations=24, generation_ms=3_600_000, generation_records=1000)
    ),
    "clusterer": lambda: clusterer(featuriser=Featuriser(_embed), parameters=Parameters()),
    "trainer_dispatcher": lambda: trainer_dispatcher(POLICY),
    "promoter": lambda: promoter(POLICY, "base/frontier"),
}


@pytest.mark.parametrize("service", APPLICATIONS)
def test_a_service_s_topics_and_changelogs_are_registered(service: str) -> None:
    application = APPLICATIONS[service]()
    assert application.name == service
    for topic in (*application.topics, *application.broadcasts):
        assert service in TOPICS[topic].consumers, f"{service} reads {topic}: list it as a consumer"
    changelogs = {f"{service}.{store.name}.changelog": store for store in application.stores}
    registered = {name for name in TOPICS if name.startswith(f"{service}.") and name.endswith(".changelog")}
    assert registered == set(changelogs)
    for name, store in changelogs.items():
        assert TOPICS[name].cleanup == store.cleanup
        if store.cleanup == "delete" and store.retention_ms is not None:
            assert (TOPICS[name].retention_ms or 0) >= store.retention_ms, (
                f"{name} is kept shorter than its state needs"
            )


@pytest.mark.parametrize("service", APPLICATIONS)
def test_co_partitioned_inputs_have_one_partition_count(service: str) -> None:
    for deployment in ("embedded", "compose"):
        counts = {TOPICS[topic].partitions[deployment] for topic in APPLICATIONS[service]().topics}
        assert len(counts) == 1


def test_only_compacted_topics_are_broadcast() -> None:
    for build in APPLICATIONS.values():
        assert all(TOPICS[topic].cleanup == "compact" for topic in build().broadcasts)


def test_the_recorder_is_listed_where_it_reads() -> None:
    assert all("recorder" in TOPICS[topic].consumers for topic in RECORDED)
    listed = {name for name, spec in TOPICS.items() if "recorder" in spec.consumers}
    assert listed == set(RECORDED)
