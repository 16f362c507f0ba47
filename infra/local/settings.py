"""Where the embedded stack keeps its state, which ports it takes, and which servers are somebody else's."""

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import KafkaSettings

CHECKOUT = Path(__file__).resolve().parents[2]


class LocalServers(BaseModel):
    """Settings of the embedded servers (``FLYWHEEL_LOCAL__…``). A port of 0 takes a free one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kafka_port: int = Field(default=19092, ge=0, le=65535)
    kafka_controller_port: int = Field(default=19093, ge=0, le=65535)
    postgres_port: int = Field(default=15432, ge=0, le=65535)
    redis_port: int = Field(default=16379, ge=0, le=65535)
    fast_failover: bool = Field(default=False, description="short broker session: back 3 s after a kill, for tests")
    min_free_mb: int = Field(default=1024, ge=0, description="refuse to start with less free disk than this")
    start_timeout_s: float = Field(default=60.0, gt=0)
    grace_s: float = Field(default=25.0, gt=0, description="time processes get to stop before they are killed")


class PostgresAddress(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dsn: SecretStr | None = None


class RedisAddress(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr | None = None


class LocalSettings(BaseSettings):
    """The embedded stack's settings, from the environment (``FLYWHEEL_HOME``, ``FLYWHEEL_LOCAL__KAFKA_PORT``…).

    A server whose address is set (``FLYWHEEL_KAFKA__BOOTSTRAP_SERVERS``, ``FLYWHEEL_POSTGRES__DSN``,
    ``FLYWHEEL_REDIS__URL``) is external: nothing embedded is started for it.
    """

    model_config = SettingsConfigDict(env_prefix="FLYWHEEL_", env_nested_delimiter="__", frozen=True, extra="ignore")

    home: Path = CHECKOUT / ".flywheel"
    cache: Path | None = Field(default=None, description="the broker's jars and class archive; default: the venv")
    kafka: KafkaSettings = KafkaSettings()
    postgres: PostgresAddress = PostgresAddress()
    redis: RedisAddress = RedisAddress()
    local: LocalServers = LocalServers()

    @property
    def kafka_is_external(self) -> bool:
        return "bootstrap_servers" in self.kafka.model_fields_set

    @property
    def logs(self) -> Path:
        return self.home / "logs"


def default_cache(home: Path) -> Path:
    """The virtual environment, so that a fresh state folder downloads nothing again; else the state folder."""
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix) / "var" / "slm-flywheel"
    return home / "cache"
