"""The Kubernetes manifests say what the code says, and ask the cluster for no more than the images need."""

import os
from typing import Any

import pytest
import yaml

from infra.local.services import SERVICES, health_port
from shared.schema.topics import load_topics
from tests.contract.deployment import CHECKOUT, COMPOSE, K8S, as_meant, as_written, objects, setting_at, settings_of

TOPICS = load_topics(CHECKOUT / "schemas" / "topics.yaml")
PARTITIONS = min(spec.partitions["compose"] for spec in TOPICS.values())
WORKLOADS = {one["metadata"]["name"].replace("-", "_"): one for one in objects("Deployment", "StatefulSet")}
SETTINGS: dict[str, str] = objects("ConfigMap")[0]["data"]
SECRET_SAMPLE = {
    "FLYWHEEL_ROUTER__KEYS": '{"default": "k"}',
    "FLYWHEEL_ROUTER__FRONTIER_BASE_URL": "https://x.example/v1",
}
SINGLE = {"scoreboard": "faust runs with concurrency 1", "recorder": "one writer of the projections"}


def pod(service: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKLOADS[service]["spec"]["template"]
    return found


def container(service: str) -> dict[str, Any]:
    (only,) = pod(service)["spec"]["containers"]
    found: dict[str, Any] = only
    return found


def environment(service: str) -> dict[str, str]:
    """What the container is given, secrets as samples."""
    given = dict(SETTINGS)
    for one in container(service)["env"]:
        given[one["name"]] = one.get("value") or SECRET_SAMPLE.get(one["name"], "given")
    return given


def test_every_service_runs_and_no_other() -> None:
    assert set(WORKLOADS) == set(SERVICES)


def test_every_manifest_is_applied() -> None:
    for folder in (K8S, K8S / "autoscaling"):
        listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
        assert set(listed) == {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_reaches_a_setting(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("FLYWHEEL_"):
            monkeypatch.delenv(name)
    given = environment(service)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = settings_of(service)()
    for name, value in given.items():
        if name.startswith("FLYWHEEL_"):
            assert as_written(setting_at(settings, name)) == as_meant(value), name


@pytest.mark.parametrize("service", SERVICES)
def test_manifests_and_compose_give_the_same_variables(service: str) -> None:
    """But for how the log is reached, and what only one of them can know."""
    compose = {name for name in COMPOSE["services"][service]["environment"] if name.startswith("FLYWHEEL_")}
    ours = {name for name in environment(service) if name.startswith("FLYWHEEL_")}
    only_compose = {"FLYWHEEL_TRAINER__DEVICE", "FLYWHEEL_ROUTER__ROUTED_MODELS"}
    assert compose - only_compose == {name for name in ours if not name.startswith("FLYWHEEL_KAFKA__S")}


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_is_written_down(service: str) -> None:
    compose = COMPOSE["services"][service]["environment"]
    for one in container(service)["env"]:
        if ":?" in str(compose.get(one["name"], "")) or "SASL_PASSWORD" in one["name"]:
            assert one["valueFrom"]["secretKeyRef"]["name"] == "flywheel-secrets"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_a_user_of_the_log_of_its_own_name(service: str) -> None:
    """Grants are given to that name; a password that two services share would make them one."""
    given = {one["name"]: one for one in container(service)["env"]}
    assert given["FLYWHEEL_KAFKA__SASL_USERNAME"]["value"] == service
    password = given["FLYWHEEL_KAFKA__SASL_PASSWORD"]["valueFrom"]["secretKeyRef"]["key"]
    assert password == f"KAFKA_PASSWORD_{service.upper()}"


def test_the_administrator_s_job_creates_topics_and_then_grants() -> None:
    command = objects("Job")[0]["spec"]["template"]["spec"]["containers"][0]["args"][0]
    verbs = [line.split("services.cli ")[1].split(" --")[0] for line in command.splitlines()]
    assert verbs == ["topics apply", "topics acl", "registry apply"]


@pytest.mark.parametrize("service", SERVICES)
def test_ports_and_probes_are_the_services(service: str) -> None:
    one, port = container(service), health_port(service)
    ports = {item["name"]: item["containerPort"] for item in one["ports"]}
    assert ports == {"health": port} | ({"http": SERVICES[service].port} if SERVICES[service].port else {})
    assert environment(service)["FLYWHEEL_HEALTH_PORT"] == str(port)
    assert pod(service)["metadata"]["annotations"]["prometheus.io/port"] == str(port)
    paths = {name: one[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    assert pod(service)["spec"]["terminationGracePeriodSeconds"] > int(SETTINGS["FLYWHEEL_GRACE_S"])
    assert one["image"] == COMPOSE["services"][service]["image"]


@pytest.mark.parametrize("service", [*SERVICES, "topics"])
def test_pods_are_restricted(service: str) -> None:
    workload = WORKLOADS.get(service) or objects("Job")[0]
    spec = workload["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (one,) = spec["containers"]
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert one["resources"]["limits"]["memory"]


@pytest.mark.parametrize("service", SERVICES)
def test_there_are_never_more_replicas_than_partitions(service: str) -> None:
    replicas = WORKLOADS[service]["spec"]["replicas"]
    assert 1 <= replicas <= PARTITIONS
    if service in SINGLE:
        assert replicas == 1, SINGLE[service]


def test_what_has_replicas_has_a_budget_of_disruption() -> None:
    budgets = {one["metadata"]["name"].replace("-", "_"): one for one in objects("PodDisruptionBudget")}
    assert set(budgets) == {name for name, one in WORKLOADS.items() if one["spec"]["replicas"] > 1}
    for name, budget in budgets.items():
        assert budget["spec"]["selector"]["matchLabels"].items() <= pod(name)["metadata"]["labels"].items()


def test_services_point_at_pods() -> None:
    found = {one["metadata"]["name"].replace("-", "_"): one for one in objects("Service")}
    assert set(found) == {name for name, spec in SERVICES.items() if spec.port}
    for name, one in found.items():
        assert one["spec"]["selector"].items() <= pod(name)["metadata"]["labels"].items()
        assert [port["port"] for port in one["spec"]["ports"]] == [SERVICES[name].port]


def test_the_topics_job_does_what_compose_does() -> None:
    """And grants, which a log without users has no need of."""
    (job,) = objects("Job")
    (one,) = job["spec"]["template"]["spec"]["containers"]
    lines = [line for line in one["args"][0].splitlines() if "topics acl" not in line]
    assert " ".join(lines).split() == COMPOSE["services"]["topics"]["command"][0].split()
    assert one["image"] == COMPOSE["services"]["topics"]["image"]


def test_scaling_follows_the_lag_of_topics_that_the_service_reads() -> None:
    for one in objects("ScaledObject"):
        name = one["metadata"]["name"].replace("-", "_")
        (trigger,) = one["spec"]["triggers"]
        metadata = trigger["metadata"]
        assert one["spec"]["scaleTargetRef"]["name"] == WORKLOADS[name]["metadata"]["name"]
        assert name not in SINGLE
        assert metadata["consumerGroup"] == name
        assert name in TOPICS[metadata["topic"]].consumers
        assert one["spec"]["minReplicaCount"] >= 1
        assert one["spec"]["maxReplicaCount"] <= TOPICS[metadata["topic"]].partitions["compose"]
        assert metadata["bootstrapServers"] == SETTINGS["FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS"]
