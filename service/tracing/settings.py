"""Settings of tracing."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LangfuseSettings(_Section):
    """Where traces are also sent; both keys are needed. `sample_rate` is a share of traces."""

    public_key: str | None = None
    secret_key: SecretStr | None = None
    base_url: str = "https://cloud.langfuse.com"
    environment: str = "default"
    sample_rate: float = Field(default=1.0, ge=0.0, le=1.0)
    timeout_s: int = Field(default=5, ge=1, le=60)

    @model_validator(mode="after")
    def _has_both_keys(self) -> Self:
        if (self.public_key is None) != (self.secret_key is None):
            raise ValueError("public_key and secret_key go together; set both or neither")
        return self


class TracingSettings(_Section):
    """What is kept of runs; the store is a file of its own, or a schema of its own.

    `content` keeps what was asked and answered, masked; without it only names, times and
    counts are kept. A span's texts are cut at `max_span_kb` (2**10 bytes). Traces go after
    `retention_days`, and the oldest go when the store holds more than `max_store_mb` (2**20
    bytes). `queue_size` spans may wait to be written; more are dropped and counted.
    """

    enabled: bool = True
    content: bool = True
    retention_days: int = Field(default=30, ge=1)
    max_store_mb: int = Field(default=2048, ge=1)
    max_span_kb: int = Field(default=10_240, ge=1)
    queue_size: int = Field(default=10_000, ge=100)
    flush_s: float = Field(default=1.0, gt=0)
    langfuse: LangfuseSettings = LangfuseSettings()
