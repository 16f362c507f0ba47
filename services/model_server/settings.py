"""Settings of the model server, ``FLYWHEEL_MODEL_SERVER__…``."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.settings import Settings


class ModelServerOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    host: str = "127.0.0.1"
    port: int = Field(default=18100, ge=0, le=65535)
    token: SecretStr = Field(default=SecretStr(""), description="bearer token of every call; needed off loopback")
    base_model: str = "base/smollm2-135m-instruct"
    threads: int = Field(default=1, ge=1, description="threads of one engine")
    slots: int = Field(default=4, ge=1, description="completions at a time, all under one adapter")
    context_tokens: int = Field(default=1024, ge=256, description="context of one slot")
    cache_dir: Path = Field(default=Path(".flywheel/gguf"), description="converted adapters, by content")
    reconcile: bool = Field(default=True, description="load what model.registered names")


class ModelServerSettings(Settings):
    model_server: ModelServerOptions = ModelServerOptions()
