"""Settings of the trainer's worker, ``FLYWHEEL_TRAINER__…``."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.settings import Settings


class TrainerOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(default=1, ge=1, description="1 beside other services, all cores on a machine of its own")
    models_dir: Path = Field(default=Path(".flywheel/models"), description="prepared base models")
    adapters_dir: Path = Field(default=Path(".flywheel/adapters"), description="where adapters are written")
    name: str = Field(default="trainer-1", description="this worker in progress events")


class TrainerSettings(Settings):
    trainer: TrainerOptions = TrainerOptions()
