"""Settings of the scoreboard, ``FLYWHEEL_SCOREBOARD__…``."""

from pydantic import BaseModel, ConfigDict, Field

from shared.settings import Settings


class ScoreboardOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    window_s: int = Field(default=60, gt=0)
    keep_windows: int = Field(default=30, gt=0, description="windows kept open for late events")
    publish_every_s: float = Field(default=5.0, gt=0)


class ScoreboardSettings(Settings):
    scoreboard: ScoreboardOptions = ScoreboardOptions()
