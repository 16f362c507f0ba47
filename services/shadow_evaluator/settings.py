"""Settings of the shadow evaluator, ``FLYWHEEL_SHADOW__…``."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.settings import Settings


class ShadowOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(default="http://127.0.0.1:18100", description="completion server, without /v1")
    token: SecretStr = SecretStr("")
    timeout_s: float = Field(default=10.0, gt=0, description="a completion that takes longer is a time-out")
    max_in_flight: int = Field(default=2, ge=1, description="calls compared at a time: shadow yields to live traffic")
    sample_rate: float = Field(default=1.0, gt=0, le=1, description="share of calls compared, chosen by hash")
    patience_s: float = Field(
        default=120.0, gt=0, description="calls wait this long for a missing specialist before others go first"
    )
    max_age_s: float = Field(
        default=3600.0,
        gt=0,
        description="older calls are skipped, so that one specialist's backlog keeps nobody waiting",
    )


class ShadowEvaluatorSettings(Settings):
    shadow: ShadowOptions = ShadowOptions()
