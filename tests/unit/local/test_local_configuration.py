"""Settings, property files, addresses and the plan of topics: the parts of the stack that need no process."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from infra.local.environment import Addresses, service_environment
from infra.local.kafka import _escaped, has_live_broker, new_cluster_id
from infra.local.kafka_runtime import SUMS_FILE, prepare_kafka, read_sums
from infra.local.ports import free_port
from infra.local.reach import current_addresses, current_kafka
from infra.local.secrets import kept_password
from infra.local.services import SERVERS, SERVICES, health_port
from infra.local.settings import CHECKOUT, LocalSettings, default_cache
from infra.local.state import StackState, write_state
from infra.local.supervisor import reset_home
from infra.local.topics import plan_topics
from shared.errors import SettingsError
from shared.schema.topics import load_topics

SPECS = load_topics(CHECKOUT / "schemas" / "topics.yaml")


def test_cluster_ids_are_sixteen_bytes_and_never_look_like_an_option() -> None:
    drawn = {new_cluster_id() for _ in range(500)}
    assert len(drawn) == 500
    assert all(len(one) == 22 and not one.startswith("-") for one in drawn)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r")))
def test_property_values_are_ascii_and_read_back_by_javas_rules(value: str) -> None:
    written = _escaped(value)
    assert written.isascii()
    if "\\" not in value and '"' not in value:
        control = {ord(c): f"\\u{ord(c):04x}" for c in map(chr, range(32))}
        assert json.loads(f'"{written.translate(control)}"') == value


def test_no_broker_on_a_closed_port() -> None:
    assert not has_live_broker(free_port())


def test_a_prepared_broker_is_not_fetched_again() -> None:
    cache = default_cache(CHECKOUT / ".flywheel")
    prepare_kafka(cache)
    said: list[str] = []
    before = (cache / "kafka.stamp.json").stat().st_mtime_ns
    runtime = prepare_kafka(cache, said.append)
    assert said == []
    assert (cache / "kafka.stamp.json").stat().st_mtime_ns == before
    assert {jar.name for jar in runtime.jars} == set(read_sums(SUMS_FILE))


def test_every_broker_jar_has_its_sum() -> None:
    sums = read_sums(SUMS_FILE)
    assert len(sums) == 46
    assert all(len(digest) == 64 for digest in sums.values())


def test_only_an_address_from_outside_makes_a_server_external(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not LocalSettings(home=tmp_path).kafka_is_external
    monkeypatch.setenv("FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS", "broker.example:9092")
    config = LocalSettings(home=tmp_path)
    assert config.kafka_is_external
    assert current_kafka(config).bootstrap_servers == "broker.example:9092"


def test_commands_find_the_running_stacks_ports(tmp_path: Path) -> None:
    config = LocalSettings(home=tmp_path)
    assert current_kafka(config).bootstrap_servers == "127.0.0.1:19092"
    live = {
        "kafka": "127.0.0.1:1",
        "postgres": "postgresql://flywheel:…@127.0.0.1:2/flywheel",
        "redis": "redis://:…@127.0.0.1:3/0",
    }
    write_state(tmp_path, StackState(1, "x", "ready", (), live))
    found = current_addresses(config)
    password = kept_password(tmp_path / "secrets" / "redis")
    assert found.kafka == "127.0.0.1:1"
    assert found.postgres.endswith("@127.0.0.1:2/flywheel")
    assert found.redis == f"redis://:{password}@127.0.0.1:3/0"


def test_passwords_are_kept_private_and_hidden_from_display(tmp_path: Path) -> None:
    password = kept_password(tmp_path / "secrets" / "redis")
    assert kept_password(tmp_path / "secrets" / "redis") == password
    assert (tmp_path / "secrets" / "redis").stat().st_mode & 0o777 == 0o600
    shown = Addresses("127.0.0.1:1", f"postgresql://u:{password}@127.0.0.1:2/d", f"redis://:{password}@127.0.0.1:3/0")
    assert password not in str(shown.without_passwords())
    assert shown.without_passwords()["postgres"] == "postgresql://u:…@127.0.0.1:2/d"


def test_a_service_gets_the_users_settings_under_the_stacks(tmp_path: Path) -> None:
    outer = {"FLYWHEEL_POLICY_PROFILE": "demo", "OMP_NUM_THREADS": "7", "FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS": "old"}
    made = service_environment(outer, tmp_path, tmp_path / "c", Addresses("new", "p", "r"), SERVICES["router"], 4711)
    assert made["FLYWHEEL_POLICY_PROFILE"] == "demo"
    assert made["OMP_NUM_THREADS"] == "7"
    assert made["FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS"] == "new"
    assert made["FLYWHEEL_HEALTH_PORT"] == "4711"
    assert made["FLYWHEEL_ROUTER__SPOOL_DIR"] == f"{tmp_path}/spool"
    redactor = SERVICES["ingest_redactor"]
    again = service_environment(outer, tmp_path, tmp_path / "c", Addresses("new", "p", "r"), redactor, 1)
    assert made["FLYWHEEL_HASH_KEY"] == again["FLYWHEEL_HASH_KEY"] != ""


def test_service_rows_are_distinct_and_known() -> None:
    ports = {health_port(name) for name in SERVICES}
    assert len(ports) == len(SERVICES)
    assert all(spec.needs <= set(SERVERS) for spec in SERVICES.values())


def test_a_plan_creates_what_is_missing_and_touches_nothing_else() -> None:
    everything = {name: spec.partitions["embedded"] for name, spec in SPECS.items()}
    fresh = plan_topics(SPECS, {}, "embedded")
    assert [topic.name for topic in fresh.create] == list(SPECS)
    assert plan_topics(SPECS, everything, "embedded").is_empty
    live = everything | {"mine": 1, "__consumer_offsets": 8, "observation.raw": 9}
    del live["dead.letter"]
    plan = plan_topics(SPECS, live, "embedded")
    assert [topic.name for topic in plan.create] == ["dead.letter"]
    assert [(item.name, item.wanted, item.found) for item in plan.mismatched] == [("observation.raw", 4, 9)]
    assert plan.unknown == ("mine",)
    assert not plan.is_empty


def test_reset_spares_a_folder_that_no_stack_used(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(SettingsError, match="nothing deleted"):
        reset_home(LocalSettings(home=tmp_path))
    (tmp_path / ".slm-flywheel").touch()
    assert reset_home(LocalSettings(home=tmp_path)) == [tmp_path / "precious"]
    assert reset_home(LocalSettings(home=tmp_path / "never")) == []


def test_settings_hide_secrets() -> None:
    config = LocalSettings.model_validate({"postgres": {"dsn": "postgresql://u:hidden@h/d"}})
    assert isinstance(config.postgres.dsn, SecretStr)
    assert "hidden" not in repr(config)
