"""Prometheus scrapes every service; alerts and dashboard use only metrics and labels that the code has."""

import json
import re
from typing import Any

import yaml

from infra.local.services import SERVICES, health_port
from shared.telemetry import METRICS
from tests.contract.deployment import CHECKOUT, COMPOSE

PROMETHEUS = CHECKOUT / "infra" / "prometheus"
GRAFANA = CHECKOUT / "infra" / "grafana"
CONFIG: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())
RULES: dict[str, Any] = yaml.safe_load((PROMETHEUS / "rules.yaml").read_text())
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "flywheel.json").read_text())
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
# Every series also carries what the scrape adds.
SCRAPED_LABELS = {"job", "instance", "service"}
METRIC = re.compile(r"\b(flywheel_\w+|up)\b(?:\{([^}]*)\})?")


def series() -> dict[str, set[str]]:
    """Names as Prometheus sees them, with their labels."""
    found: dict[str, set[str]] = {"up": set()}
    for metric in METRICS:
        for described in metric.describe():
            labels = set(metric._labelnames) | ({"le"} if described.type == "histogram" else set())
            for suffix in SUFFIXES[described.type]:
                found[f"{described.name}{suffix}"] = labels
    return found


def expressions() -> dict[str, str]:
    alerts = {rule["alert"]: rule["expr"] for group in RULES["groups"] for rule in group["rules"]}
    panels = {
        f"panel {panel['title']} {target['refId']}": target["expr"]
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", ())
    }
    return alerts | panels


def test_every_health_port_is_scraped() -> None:
    (job,) = CONFIG["scrape_configs"]
    targets = {one["labels"]["service"]: one["targets"] for one in job["static_configs"]}
    assert targets == {name: [f"{name}:{health_port(name)}"] for name in SERVICES}


def test_expressions_name_metrics_and_labels_that_exist() -> None:
    known = series()
    for where, expression in expressions().items():
        used = METRIC.findall(expression)
        assert used, f"{where}: no metric in {expression!r}"
        for name, selector in used:
            assert name in known, f"{where}: there is no metric {name}"
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
            assert labels <= known[name] | SCRAPED_LABELS, f"{where}: {name} has no labels {labels}"


def test_groupings_use_labels_of_their_metrics() -> None:
    known = series()
    for where, expression in expressions().items():
        grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
        names = {name for name, _ in METRIC.findall(expression)}
        assert grouped <= {label for name in names for label in known[name]} | SCRAPED_LABELS, where


def test_selectors_name_services_that_exist() -> None:
    for where, expression in expressions().items():
        named = re.findall(r'(?:application|service)(?:=|!=)"([^"]+)"', expression)
        assert set(named) <= set(SERVICES), where


def test_every_metric_is_on_the_dashboard() -> None:
    """A metric that nobody looks at need not be there."""
    shown = {
        name for where, text in expressions().items() if where.startswith("panel") for name, _ in METRIC.findall(text)
    }
    for metric in METRICS:
        for described in metric.describe():
            assert any(f"{described.name}{suffix}" in shown for suffix in SUFFIXES[described.type]), described.name


def test_every_alert_says_what_is_broken_and_what_to_do() -> None:
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("page", "ticket")
            assert {"promise", "runbook"} <= set(rule["annotations"])


def test_the_parts_find_each_other() -> None:
    mounted = [volume.split(":")[:2] for volume in COMPOSE["services"]["prometheus"]["volumes"]]
    assert ["./infra/prometheus", "/etc/prometheus"] in mounted
    assert "--config.file=/etc/prometheus/prometheus.yaml" in COMPOSE["services"]["prometheus"]["command"]
    assert CONFIG["rule_files"] == ["/etc/prometheus/rules.yaml"]
    source = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yaml").read_text())["datasources"][
        0
    ]
    assert source["url"] == "http://prometheus:9090"
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
    provider = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "flywheel.yaml").read_text())["providers"][0]
    assert f"./infra/grafana/dashboards:{provider['options']['path']}:ro" in COMPOSE["services"]["grafana"]["volumes"]
