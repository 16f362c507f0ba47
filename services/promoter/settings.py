"""Settings of the promoter, ``FLYWHEEL_PROMOTER__…``."""

from pydantic import BaseModel, ConfigDict, Field

from shared.settings import Settings


class PromoterOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    frontier_model: str = Field(default="base/frontier", description="registry name that ends every chain")


class PromoterSettings(Settings):
    promoter: PromoterOptions = PromoterOptions()
