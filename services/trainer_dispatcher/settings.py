"""Settings of the dispatcher. Every threshold is policy (``infra/policies``), chosen by ``FLYWHEEL_POLICY_PROFILE``."""

from pydantic import BaseModel, ConfigDict, Field

from shared.settings import Settings


class DispatcherOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    tick_s: float = Field(default=1.0, gt=0, description="how often clusters that changed are looked at")


class TrainerDispatcherSettings(Settings):
    dispatcher: DispatcherOptions = DispatcherOptions()
