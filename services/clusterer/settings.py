"""Settings of the clusterer. Freeze size and test share come from the policy that ``policy_profile`` names."""

from pydantic import BaseModel, ConfigDict, Field

from shared.settings import Settings


class ClusteringSettings(BaseModel):
    """Sizes; similarities are part of the code (see ``logic.parameters``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    born_size: int = Field(default=20, ge=2, description="calls after which a cluster is published")
    max_micros: int = Field(default=4096, ge=64, description="micro-clusters kept per task key and sub-key")
    half_life_days: float = Field(default=30.0, gt=0, description="event time after which a call weighs half")
    sides_remembered: int = Field(default=100_000, ge=1, description="episodes and families whose side is remembered")


class ClustererSettings(Settings):
    clustering: ClusteringSettings = ClusteringSettings()
