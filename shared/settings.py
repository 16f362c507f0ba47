"""Settings: environment over defaults, prefix ``FLYWHEEL_``, nested with ``__``, secrets from secret types.

Each service declares a frozen subclass of :class:`Settings`; nothing else in the code reads the environment.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KafkaSettings(BaseModel):
    """How to reach the log. ``sasl_*`` are used when ``security_protocol`` starts with ``SASL``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap_servers: str = "127.0.0.1:19092"
    security_protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL"] = "PLAINTEXT"
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")


class Settings(BaseSettings):
    """What every process reads."""

    model_config = SettingsConfigDict(
        env_prefix="FLYWHEEL_", env_nested_delimiter="__", frozen=True, extra="ignore", secrets_dir=None
    )

    kafka: KafkaSettings = KafkaSettings()
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, description="port of /healthz, /readyz and /metrics; 0 takes a free one")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    schemas_dir: Path = Path(__file__).resolve().parent.parent / "schemas"
    hash_key: SecretStr = Field(
        default=SecretStr("flywheel-development-key"),
        description="key of every keyed hash (task keys, episodes, prompt hashes); the same in router and redactor",
    )
    policy_profile: str = Field(default="service", description="a file of infra/policies: service, demo or test")
    commit_interval_ms: int | None = Field(
        default=None,
        gt=0,
        description="commit at least this often instead of the service's own interval: longer costs latency, saves "
        "processor time (a transaction costs about 1.5 ms over client and broker)",
    )
    grace_s: float = Field(default=20.0, description="budget of a shutdown: drain, commit, leave")
    stuck_after_s: float = Field(
        default=60.0,
        gt=0,
        description="a process whose loop is blocked, or whose task makes no step, for this long ends with its stacks",
    )
