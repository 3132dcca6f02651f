"""Settings of metrics and of service level objectives."""

from ipaddress import IPv4Address
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress, SecretStr, model_validator

_LOOPBACK: Final = IPv4Address("127.0.0.1")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MetricsSettings(_Section):
    """Who may read `/metrics`: whoever sends `token` as a bearer token, and administrators.

    A worker answers when there is a `worker_port`: its first process there, each further one at
    the next port. It knows no keys, so beyond loopback there must be a token.
    """

    enabled: bool = True
    token: SecretStr | None = None
    worker_host: IPvAnyAddress = Field(default=_LOOPBACK)
    worker_port: int | None = Field(default=None, ge=1, le=65_000)

    @model_validator(mode="after")
    def _closed(self) -> "MetricsSettings":
        if self.token is None and not self.worker_host.is_loopback:
            raise ValueError(
                "worker_host: anyone who reaches it could read what is counted; set metrics.token, "
                "or listen on 127.0.0.1"
            )
        return self


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
