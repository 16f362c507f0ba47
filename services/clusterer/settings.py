"""Settings of the clusterer."""

from pydantic import BaseModel, ConfigDict, Field

from shared.settings import Settings


class ClusteringSettings(BaseModel):
    """Sizes that a profile changes; similarities are part of the code (see ``logic.parameters``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    born_size: int = Field(default=20, ge=2, description="calls after which a cluster is published")
    freeze_size: int = Field(
        default=200, ge=2, description="calls from which a cluster's id stays; at most the policy's N"
    )
    max_micros: int = Field(default=4096, ge=64, description="micro-clusters kept per task key and sub-key")
    test_share: float = Field(default=0.2, ge=0, lt=1, description="share of calls on the test side")
    episodes_remembered: int = Field(
        default=100_000, ge=1, description="episodes whose side of the split is remembered"
    )


class ClustererSettings(Settings):
    clustering: ClusteringSettings = ClusteringSettings()
