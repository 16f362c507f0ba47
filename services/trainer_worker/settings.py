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
    checkpoints_dir: Path | None = Field(default=None, description="by default a hidden folder beside the adapters")
    checkpoint_every_s: float = Field(default=30.0, gt=0, description="what a killed worker's job loses at most")
    stall_s: float = Field(default=600.0, gt=0, description="a job that takes no step for so long has failed")
    name: str = Field(default="trainer-1", description="this worker in progress events")

    @property
    def checkpoints(self) -> Path:
        return self.checkpoints_dir if self.checkpoints_dir is not None else self.adapters_dir / ".checkpoints"


class TrainerSettings(Settings):
    trainer: TrainerOptions = TrainerOptions()
