"""Settings of the redactor. Profile and cost ceiling come from the policy that ``policy_profile`` names."""

from pydantic import BaseModel, ConfigDict

from shared.settings import Settings


class RedactionSettings(BaseModel):
    """Labels that clients put on outcomes, and what they mean here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verified_labels: tuple[str, ...] = ("verified",)
    unsafe_labels: tuple[str, ...] = ("unsafe", "rejected", "flagged")


class IngestRedactorSettings(Settings):
    redaction: RedactionSettings = RedactionSettings()
