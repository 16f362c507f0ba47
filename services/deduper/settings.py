"""Settings of the deduper."""

from pydantic import BaseModel, ConfigDict, Field

from shared.settings import Settings


class DedupeSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(default=0.8, gt=0.3, le=1, description="Jaccard from which two calls are one family")
    generations: int = Field(default=24, ge=2, description="generations remembered; the oldest is dropped whole")
    generation_s: float = Field(default=3600.0, gt=0, description="event time of one generation")
    generation_records: int = Field(
        default=20_000,
        ge=1,
        description="records after which a generation ends anyway; a task remembers at most generations times as many, "
        "about 1.3 KB each (default 480,000, 0.65 GB; a state keeps the entries it has until they age)",
    )


class DeduperSettings(Settings):
    dedupe: DedupeSettings = DedupeSettings()
