"""Settings of metrics and of service level objectives."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MetricsSettings(_Section):
    """Who may read `/metrics`: whoever sends `token` as a bearer token, and administrators."""

    enabled: bool = True
    token: SecretStr | None = None


class SloSettings(_Section):
    """What is promised, as shares of all events of the last `window_days`.

    An answer is available unless it failed, and quick when it took at most `answer_ms`. A
    file is fresh when it was found at most `fresh_s` after it was handed over, and complete
    when it did not fail; `quarantine_rate` is the largest share of files that cannot be used.
    """

    window_days: int = Field(default=30, ge=1, le=365)
    availability: float = Field(default=0.995, gt=0, lt=1)
    latency: float = Field(default=0.95, gt=0, lt=1)
    answer_ms: float = Field(default=5000.0, gt=0)
    freshness: float = Field(default=0.95, gt=0, lt=1)
    fresh_s: float = Field(default=900.0, gt=0)
    completeness: float = Field(default=0.99, gt=0, lt=1)
    quarantine_rate: float = Field(default=0.05, gt=0, lt=1)
