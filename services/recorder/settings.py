"""Settings of the recorder: ``FLYWHEEL_POSTGRES__DSN`` and ``FLYWHEEL_RECORDER__…``."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.settings import Settings


class PostgresOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dsn: SecretStr = SecretStr("postgresql://app@127.0.0.1:15432/postgres")


class RecorderOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    max_batch_records: int = Field(default=500, gt=0)


class RecorderSettings(Settings):
    postgres: PostgresOptions = PostgresOptions()
    recorder: RecorderOptions = RecorderOptions()
