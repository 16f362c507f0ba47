"""Grants follow from the registry of topics and from nothing else; a plan leads from any state to exactly them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.lag import GROUPS
from services.scoreboard.adapters import GROUP, Halt, build_faust
from services.scoreboard.logic import Scoreboard
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.clock import SystemClock
from shared.errors import SettingsError
from shared.lifecycle import make_dead_letter
from shared.replayed import CLI_CHAIN
from shared.schema.access import (
    OPERATOR,
    USER,
    Grant,
    Operation,
    Participation,
    Pattern,
    Resource,
    grants,
    load_participation,
    operator_grants,
    plan_access,
)  # fmt: skip
from shared.schema.codec import Codec
from shared.schema.release import SCHEMAS_DIR
from shared.schema.topics import load_topics
from shared.settings import KafkaSettings
from shared.stream.publisher import Publisher
from shared.stream.rejections import Rejections

REGISTRY = SCHEMAS_DIR / "topics.yaml"
TOPICS = load_topics(REGISTRY)
SERVICES = load_participation(REGISTRY)
WANTED = grants(TOPICS, SERVICES)
ON_DUTY = operator_grants(TOPICS, SERVICES)
GRANT = st.builds(
    Grant,
    st.sampled_from([USER + "deduper", USER + "promoter", USER + "stranger"]),
    st.sampled_from(Resource),
    st.sampled_from(["a", "b"]),
    st.sampled_from(Operation),
    pattern=st.sampled_from(Pattern),
)


def test_every_grant_on_a_topic_is_an_owner_s_or_a_consumer_s() -> None:
    on_topics = {(g.principal, g.name, g.operation) for g in WANTED if g.resource is Resource.TOPIC}
    listed = {(USER + who, name, Operation.WRITE) for name, spec in TOPICS.items() for who in spec.owner}
    listed |= {(USER + who, name, Operation.READ) for name, spec in TOPICS.items() for who in spec.consumers}
    assert on_topics == listed


def test_groups_and_transactional_ids_belong_to_one_service_each() -> None:
    others = [grant for grant in WANTED if grant.resource is not Resource.TOPIC]
    assert all(
        g.pattern is Pattern.LITERAL and g.principal == USER + g.name for g in others if g.resource is Resource.GROUP
    )
    prefixes = [grant.name for grant in others if grant.resource is Resource.TRANSACTIONAL_ID]
    assert all(prefix.endswith(".") for prefix in prefixes)
    assert not [(a, b) for a in prefixes for b in prefixes if a is not b and a.startswith(b)]


def test_the_operator_may_do_what_its_commands_need_and_nothing_else() -> None:
    """Lag and replays by the groups' inputs as the commands know them, state by every changelog."""
    inputs = {topic for topics in GROUPS.values() for topic in topics}
    changelogs = {name for name in TOPICS if name.endswith(".changelog")}
    may: dict[Operation, set[str]] = {operation: set() for operation in Operation}
    for grant in ON_DUTY:
        assert (grant.principal, grant.pattern) == (USER + OPERATOR, Pattern.LITERAL)
        may[grant.operation].add(grant.name)
    assert may[Operation.READ] == inputs - {"observation.raw"} | changelogs | {"dead.letter", "promotion.audit"}
    assert may[Operation.WRITE] == inputs - {"observation.raw"} | {"promotion.audit", CLI_CHAIN}
    assert may[Operation.DESCRIBE] == {"observation.raw", *GROUPS}
    assert {g.name for g in ON_DUTY if g.resource is Resource.GROUP} == set(GROUPS)
    assert {g.name for g in ON_DUTY if g.resource is Resource.TRANSACTIONAL_ID} == {CLI_CHAIN}


def test_whoever_writes_dead_letters_has_a_group_to_read_by() -> None:
    assert {service for service in TOPICS["dead.letter"].owner if not SERVICES[service].group} == set()


def test_a_topic_of_an_unlisted_service_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"observation\.raw names .*section services"):
        grants({"observation.raw": TOPICS["observation.raw"]}, {"deduper": Participation()})


def test_a_wrong_entry_is_refused_by_name(tmp_path: Path) -> None:
    registry = tmp_path / "topics.yaml"
    registry.write_text("services: { deduper: { groups: true } }\n")
    with pytest.raises(SettingsError, match="service deduper: groups"):
        load_participation(registry)


@given(wanted=st.sets(GRANT), existing=st.sets(GRANT))
def test_a_plan_leads_to_what_is_wanted_and_leaves_strangers_alone(wanted: set[Grant], existing: set[Grant]) -> None:
    plan = plan_access(wanted, existing, ["deduper", "promoter"])
    after = (existing | set(plan.missing)) - set(plan.excess)
    strangers = {grant for grant in existing if grant.principal == USER + "stranger"}
    assert after == wanted | strangers
    again = plan_access(wanted, after, ["deduper", "promoter"])
    assert not again.missing and not again.excess


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_the_scoreboard_connects_as_its_settings_say(protocol: str, tmp_path: Path) -> None:
    kafka = KafkaSettings.model_validate({"security_protocol": protocol, "sasl_username": "scoreboard"})
    codec, log = Codec.from_dir(SCHEMAS_DIR), MemoryBroker(MemoryCluster())
    rejections = Rejections(GROUP, Publisher(log, codec), codec, make_dead_letter, SystemClock())
    app = build_faust(kafka, codec, Scoreboard(60, 2), rejections, Halt(), 1.0, tmp_path)
    credentials = app.conf.broker_credentials
    assert (credentials.protocol.value if credentials else "PLAINTEXT") == protocol
