"""The table of services: what each process needs and which loopback port its health page has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ServerName = Literal["kafka", "postgres", "redis"]
SERVERS: tuple[ServerName, ...] = ("kafka", "postgres", "redis")

ROUTER_PORT = 18080
MODEL_SERVER_PORT = 18100
HEALTH_BASE_PORT = 18300

# Calls are answered by the router and the model server; whatever follows the log may be a little behind, and training more.
BEHIND_ANSWERS, BEHIND_ALL = 5, 19

# A service computes in one thread unless its row says otherwise: eleven processes share few cores.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One service process, ``python -m services.<name>.main``.

    ``env`` values may name ``{home}`` (the state folder) and ``{cache}`` (what is made once and kept beside the broker).
    ``port`` is its fixed public port, moved with the variable ``port_setting``; 0 for a service without one.
    ``nice`` yields the processor to those that answer calls.
    """

    name: str
    needs: frozenset[ServerName]
    env: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0
    module: str = ""
    port: int = 0
    port_setting: str = ""

    @property
    def main_module(self) -> str:
        return self.module or f"services.{self.name}.main"


def _spec(
    name: str, *more: ServerName, env: Mapping[str, str] | None = None, nice: int = 0, port: int = 0
) -> ServiceSpec:
    setting = f"FLYWHEEL_{name.upper()}__PORT" if port else ""
    return ServiceSpec(name, frozenset({"kafka", *more}), {**ONE_THREAD, **(env or {})}, nice, "", port, setting)


# In the order of start; stopped in reverse, so that the front door closes first.
_TABLE = (
    _spec("recorder", "postgres", nice=BEHIND_ANSWERS),
    _spec("scoreboard", nice=BEHIND_ANSWERS),
    _spec("promoter", nice=BEHIND_ANSWERS),
    _spec("shadow_evaluator", nice=BEHIND_ANSWERS),
    _spec("model_server", env={"FLYWHEEL_MODEL_SERVER__CACHE_DIR": "{home}/gguf"}, port=MODEL_SERVER_PORT),
    _spec(
        "trainer_worker",
        env={"FLYWHEEL_TRAINER__ADAPTERS_DIR": "{home}/adapters", "FLYWHEEL_TRAINER__MODELS_DIR": "{cache}/models"},
        nice=BEHIND_ALL,
    ),
    _spec("trainer_dispatcher", nice=BEHIND_ANSWERS),
    _spec("clusterer", nice=BEHIND_ANSWERS),
    _spec("deduper", nice=BEHIND_ANSWERS),
    _spec("ingest_redactor", nice=BEHIND_ANSWERS),
    _spec("router", "redis", env={"FLYWHEEL_ROUTER__SPOOL_DIR": "{home}/spool"}, port=ROUTER_PORT),
)
SERVICES: Mapping[str, ServiceSpec] = {spec.name: spec for spec in _TABLE}


def health_port(name: str) -> int:
    """The fixed health port of the first instance of ``name``."""
    return HEALTH_BASE_PORT + list(SERVICES).index(name)
