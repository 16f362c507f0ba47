"""docker-compose.yml and the Dockerfile say what the code says: services, settings, ports, topics, packages, secrets."""

import os
import re
import tomllib
from typing import Any

import pytest
from pydantic import SecretStr

from infra.docker import secrets as deployment_secrets
from infra.docker.service_lock import COMMAND_LINE, DATA_PACKAGES, service_lock
from infra.local.services import SERVICES, health_port
from infra.local.settings import LocalSettings
from infra.local.topics import plan_topics
from shared.schema.topics import load_topics
from shared.stream.broker import MAX_RECORD_BYTES
from tests.contract.deployment import (
    CHECKOUT,
    COMPOSE,
    as_meant,
    as_written,
    copied,
    dockerfile,
    filled,
    lineage,
    required,
    setting_at,
    settings_of,
)

SERVERS = {"kafka-1", "kafka-2", "kafka-3", "postgres", "redis"}
OBSERVABILITY = {"prometheus", "grafana"}
JOBS = {"topics"}
GIVEN = dict.fromkeys(deployment_secrets.SECRETS, "given") | {
    "FLYWHEEL_ROUTER__KEYS": '{"default": "k"}',
    "FLYWHEEL_ROUTER__FRONTIER_BASE_URL": "https://frontier.example/v1",
}
TOPICS = load_topics(CHECKOUT / "schemas" / "topics.yaml")
BROKER = dict(
    line.split("=", 1)
    for line in (CHECKOUT / "infra" / "kafka" / "broker.env").read_text().splitlines()
    if line and not line.startswith("#")
)


def environment(service: str) -> dict[str, str]:
    return {name: filled(str(value), GIVEN) for name, value in COMPOSE["services"][service]["environment"].items()}


def flywheel_variables(service: str) -> dict[str, str]:
    return {name: value for name, value in environment(service).items() if name.startswith("FLYWHEEL_")}


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("FLYWHEEL_"):
            monkeypatch.delenv(name)
    return monkeypatch


def test_compose_runs_every_service_and_no_other() -> None:
    assert set(COMPOSE["services"]) - SERVERS - OBSERVABILITY - JOBS == set(SERVICES)


def test_only_observability_needs_a_profile() -> None:
    profiles = {name: one.get("profiles", []) for name, one in COMPOSE["services"].items()}
    assert profiles == {name: ["observability"] if name in OBSERVABILITY else [] for name in profiles}


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_reaches_a_setting(service: str, bare_environment: pytest.MonkeyPatch) -> None:
    """Built as the container builds it: an unknown name fails, and each value arrives where it was meant to."""
    variables = flywheel_variables(service)
    for name, value in environment(service).items():
        bare_environment.setenv(name, value)
    settings = settings_of(service)()
    for name, value in variables.items():
        assert as_written(setting_at(settings, name)) == as_meant(value), name


def test_the_topics_job_knows_its_variables(bare_environment: pytest.MonkeyPatch) -> None:
    variables = flywheel_variables("topics")
    for name, value in variables.items():
        bare_environment.setenv(name, value)
    config = LocalSettings()
    assert config.kafka_is_external
    for name, value in variables.items():
        assert as_written(setting_at(config, name)) == value


@pytest.mark.parametrize("service", SERVICES)
def test_services_get_what_the_embedded_stack_gives_them(service: str) -> None:
    given = environment(service)
    for name, value in SERVICES[service].env.items():
        assert name in given, f"{service}: {name} is set by flywheel up, not by compose"
        if "{" not in value:
            assert given[name] == value
    assert given["FLYWHEEL_HEALTH_PORT"] == str(health_port(service))
    needs = SERVICES[service].needs
    assert ("FLYWHEEL_POSTGRES__DSN" in given) == ("postgres" in needs)
    assert ("FLYWHEEL_REDIS__URL" in given) == ("redis" in needs)


@pytest.mark.parametrize("service", SERVICES)
def test_ports_agree_with_the_settings_defaults(service: str, bare_environment: pytest.MonkeyPatch) -> None:
    spec = SERVICES[service]
    if not spec.port:
        assert "ports" not in COMPOSE["services"][service]
        return
    for name in ("KEYS", "HOST"):
        bare_environment.delenv(f"FLYWHEEL_{service.upper()}__{name}", raising=False)
    default = setting_at(settings_of(service)(), spec.port_setting)
    assert default == spec.port == int(environment(service)[spec.port_setting])
    assert [line for stage in lineage(service) for line in stage.all("EXPOSE")] == [str(spec.port)]


def test_published_ports_are_on_loopback_alone() -> None:
    published = {name: one.get("ports", []) for name, one in COMPOSE["services"].items()}
    assert {name for name, ports in published.items() if ports} == {"router", *OBSERVABILITY}
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for ports in published.values() for port in ports)


def test_only_what_must_can_reach_the_world_outside() -> None:
    assert COMPOSE["networks"]["loop"]["internal"] is True
    outside = {name for name, one in COMPOSE["services"].items() if "edge" in one["networks"]}
    assert outside == {"router", *OBSERVABILITY}


@pytest.mark.parametrize("service", sorted(set(SERVICES) | {"topics"}))
def test_containers_are_hardened(service: str) -> None:
    one = COMPOSE["services"][service]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in one["security_opt"]


@pytest.mark.parametrize("service", SERVICES)
def test_services_are_watched_and_stop_in_time(service: str) -> None:
    one = COMPOSE["services"][service]
    assert one["healthcheck"]["test"] == ["CMD", "python", "-m", "infra.docker.healthcheck"]
    assert int(one["stop_grace_period"].removesuffix("s")) > int(environment(service)["FLYWHEEL_GRACE_S"])
    waits = one["depends_on"]
    assert waits["topics"] == {"condition": "service_completed_successfully"}
    assert ("postgres" in waits) == ("postgres" in SERVICES[service].needs)
    assert ("redis" in waits) == ("redis" in SERVICES[service].needs)


@pytest.mark.parametrize("service", SERVICES)
def test_secrets_have_no_default(service: str, bare_environment: pytest.MonkeyPatch) -> None:
    for name, value in environment(service).items():
        bare_environment.setenv(name, value)
    settings = settings_of(service)()
    for name in flywheel_variables(service):
        value = setting_at(settings, name)
        holds_secret = isinstance(value, SecretStr) or (
            isinstance(value, dict) and any(isinstance(item, SecretStr) for item in value.values())
        )
        if holds_secret:
            assert required(COMPOSE["services"][service]["environment"][name]), f"{name} has a default in the file"


def test_the_keyed_hash_is_set_where_it_is_used() -> None:
    """One key for both, or the router's task keys match nothing that the redactor writes."""
    raw = [one.get("environment", {}) for one in COMPOSE["services"].values()]
    keys = {str(given["FLYWHEEL_HASH_KEY"]) for given in raw if "FLYWHEEL_HASH_KEY" in given}
    assert len(keys) == 1
    assert {"router", "ingest_redactor"} == {
        name for name in SERVICES if "FLYWHEEL_HASH_KEY" in COMPOSE["services"][name]["environment"]
    }


def test_the_secrets_drawn_are_those_asked_for() -> None:
    asked = required((CHECKOUT / "docker-compose.yml").read_text())
    assert asked == set(deployment_secrets.SECRETS)


def test_drawing_secrets_keeps_what_is_there() -> None:
    first, to_fill = deployment_secrets.completed("POSTGRES_PASSWORD=mine\n")
    assert "POSTGRES_PASSWORD=mine\n" in first
    assert first.count("POSTGRES_PASSWORD") == 1
    assert to_fill == ["FLYWHEEL_ROUTER__FRONTIER_BASE_URL", "FLYWHEEL_ROUTER__FRONTIER_API_KEY"]
    assert deployment_secrets.completed(first) == (first, to_fill)
    assert deployment_secrets.completed("")[0] != deployment_secrets.completed("")[0]


def test_images_are_pinned() -> None:
    bases = [stage.base for stage in dockerfile().values() if stage.base not in dockerfile()]
    images = [one["image"] for one in COMPOSE["services"].values()]
    for image in (*bases, *images):
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z]+)?$", image), f"{image} is not pinned to a version"
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    assert {image.rpartition(":")[2] for image in images if image.startswith("slm-flywheel/")} == {version}


@pytest.mark.parametrize("service", [*SERVICES, COMMAND_LINE])
def test_each_service_has_its_image(service: str) -> None:
    stage = dockerfile()[service]
    packages = dockerfile()[f"{service}-packages"]
    assert f"--from={service}-packages /opt/venv /opt/venv" in stage.all("COPY")
    assert any(f"install_packages.sh {service}" in line for line in packages.all("RUN"))
    assert next(one.all("USER")[-1] for one in lineage(service) if one.all("USER")) == "10001:10001"
    assert f"services/{service}" in copied(service)
    assert {path for path in copied(service) if path.startswith("services/")} == {
        "services/__init__.py",
        f"services/{service}",
    }
    assert all((CHECKOUT / path).exists() for path in copied(service))
    if service in SERVICES:
        assert stage.all("CMD") == [f'["python", "-m", "{SERVICES[service].main_module}"]']
        assert COMPOSE["services"][service]["build"]["target"] == service


def test_no_secret_enters_a_layer() -> None:
    lines = [line for stage in dockerfile().values() for word in ("ARG", "ENV") for line in stage.all(word)]
    assert not [line for line in lines if re.search(r"PASSWORD|TOKEN|SECRET|_KEY|DSN", line)]
    ignored = (CHECKOUT / ".dockerignore").read_text().split()
    assert {".env", ".git", ".flywheel", ".venv"} <= set(ignored)
    assert not [path for stage in dockerfile().values() for path in stage.all("COPY") if path.startswith(". ")]


def test_the_lock_of_an_image_is_a_part_of_the_lock() -> None:
    pyproject, lock = ((CHECKOUT / name).read_text() for name in ("pyproject.toml", "requirements.lock"))
    for service in (*SERVICES, COMMAND_LINE):
        part = service_lock(service, pyproject, lock)
        assert set(part.splitlines()) <= set(lock.splitlines())
        for name in DATA_PACKAGES.get(service, ()):
            assert f"\n{name}==" in part
        assert ("\ntorch==" in part) == (service == "trainer_worker")
        assert ("\npytest==" in part) is False
    assert "nvidia-" not in service_lock("trainer_worker", pyproject, lock, cuda=False)


def test_the_topics_job_creates_what_the_registry_says() -> None:
    script = COMPOSE["services"]["topics"]["command"][0]
    assert "services.cli topics apply --deployment compose --replication 3" in script
    assert "services.cli registry apply" in script
    brokers = sorted(name for name in COMPOSE["services"] if name.startswith("kafka-"))
    plan = plan_topics(TOPICS, {}, "compose", replication=len(brokers))
    assert {topic.name for topic in plan.create} == set(TOPICS)
    assert {topic.partitions for topic in plan.create} == {12}
    assert {topic.replication for topic in plan.create} == {3}
    assert set(COMPOSE["services"]["topics"]["depends_on"]) == set(brokers)


def test_brokers_form_one_cluster_that_survives_the_loss_of_one() -> None:
    brokers = {name: one for name, one in COMPOSE["services"].items() if name.startswith("kafka-")}
    voters = {voter.split("@")[0]: voter.split("@")[1] for voter in BROKER["KAFKA_CONTROLLER_QUORUM_VOTERS"].split(",")}
    seen: dict[str, Any] = {}
    for name, one in brokers.items():
        assert one["image"] == "apache/kafka:4.3.0"
        given = one["environment"]
        assert given["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{name}:9092"
        seen[given["KAFKA_NODE_ID"]] = f"{name}:9093"
    assert seen == voters
    bootstrap = environment("promoter")["FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS"]
    assert bootstrap.split(",") == [f"{name}:9092" for name in brokers]
    assert len(BROKER["CLUSTER_ID"]) == 22
    assert BROKER["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    for name, value in BROKER.items():
        if name.endswith("REPLICATION_FACTOR"):
            assert value == "3", name
        if name.endswith(("MIN_ISR", "MIN_INSYNC_REPLICAS")):
            assert value == "2", name


def test_broker_limits_fit_the_registry_of_topics() -> None:
    assert int(BROKER["KAFKA_MESSAGE_MAX_BYTES"]) >= MAX_RECORD_BYTES
    assert int(BROKER["KAFKA_REPLICA_FETCH_MAX_BYTES"]) >= max(spec.max_message_bytes for spec in TOPICS.values())
    longest_ms = max(spec.retention_ms or 0 for spec in TOPICS.values())
    assert int(BROKER["KAFKA_OFFSETS_RETENTION_MINUTES"]) * 60_000 >= longest_ms
