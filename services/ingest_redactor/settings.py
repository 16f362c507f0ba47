"""Settings of the redactor."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.settings import Settings


class RedactionSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Literal["pii", "hipaa"] = Field(
        default="pii", description="pii leaves bare dates and places; hipaa hides all eighteen identifiers it knows"
    )
    max_cost_usd: float = Field(default=1.0, gt=0, description="calls dearer than this never train")
    verified_labels: tuple[str, ...] = ("verified",)
    unsafe_labels: tuple[str, ...] = ("unsafe", "rejected", "flagged")


class IngestRedactorSettings(Settings):
    redaction: RedactionSettings = RedactionSettings()
