"""Settings of the router, ``FLYWHEEL_ROUTER_…``."""

from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from shared.settings import Settings


class RouterOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=18080, ge=0, le=65535)
    keys: dict[str, SecretStr] = Field(
        default={}, description="API key by tenant; without any, loopback callers are the tenant 'local'"
    )
    frontier_base_url: str = Field(default="http://127.0.0.1:18200/v1", description="OpenAI-compatible, with /v1")
    frontier_api_key: SecretStr = SecretStr("")
    frontier_model: str = Field(default="base/frontier", description="registry name of the frontier model")
    routed_models: tuple[str, ...] = Field(
        default=("auto",), description="names in a request's model field that mean: route it; others pin a model"
    )
    frontier_timeout_s: float = Field(default=60.0, gt=0)
    specialist_base_url: str = Field(default="http://127.0.0.1:18100", description="completion server, without /v1")
    specialist_token: SecretStr = SecretStr("")
    ring_records: int = Field(default=5000, gt=0, description="records waiting for Kafka in memory before they spool")
    max_body_bytes: int = Field(default=4 * 1024 * 1024, gt=0)
    spool_dir: Path = Path(".flywheel/spool")
    spool_key: SecretStr = Field(
        default=SecretStr(""),
        description="secret of the spool's encryption; empty: a key file beside the spool, mode 0600",
    )
    spool_max_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    follow: bool = Field(default=True, description="follow Kafka and write Redis; other replicas may only read Redis")
    share_salt: str = Field(default="flywheel", description="salt of the traffic split; the same on every replica")


class RouterSettings(Settings):
    router: RouterOptions = RouterOptions()
    redis_url: SecretStr = Field(default=SecretStr("redis://127.0.0.1:16379/0"), alias="FLYWHEEL_REDIS__URL")

    @model_validator(mode="after")
    def _closed_to_strangers(self) -> Self:
        """An address that others can reach needs keys: refuse to start otherwise."""
        host = self.router.host
        loopback = host == "localhost" or (
            (host.replace(".", "").isdigit() or ":" in host) and ip_address(host).is_loopback
        )
        if not loopback and not self.router.keys:
            raise ValueError(f"router.host {host} is not loopback: set FLYWHEEL_ROUTER__KEYS (tenant → API key) first")
        return self
