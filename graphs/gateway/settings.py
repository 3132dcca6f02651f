"""What an operator says of models: which there are, and which serves what."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from providers.types import TokenPrices


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeploymentSettings(_Section):
    """One model that roles may name: a chat-model plugin with its options.

    `prices` (US dollars for a million tokens) win over what the plugin knows. `quality`, 0..1,
    is the operator's own measure, for instance the share of golden questions it answers well.
    `latency_ms` is what a call takes, until calls have been measured.
    """

    plugin: str = "litellm"
    options: dict[str, Any] = Field(default_factory=dict)
    prices: TokenPrices | None = None
    quality: float = Field(default=0.5, ge=0.0, le=1.0)
    latency_ms: float | None = Field(default=None, gt=0)


class Route(StrEnum):
    """In which order a role's models are asked."""

    ORDER = "order"
    CHEAPEST = "cheapest"


class RoleSettings(_Section):
    """Which models serve a role, and its limits; times in seconds.

    `models` are names of the section `models`, the first choice first. With the route
    `cheapest` the cheapest comes first that has `min_quality` and takes at most
    `max_latency_ms` (the moving average of its calls). `timeout_s` bounds a call with all its
    retries and fallbacks, `idle_timeout_s` the wait for each piece of a reply.
    `temperature` and `max_output_tokens` win over those of the prompt. A model that could cost
    more than `max_cost_usd` for a call is not asked.
    """

    models: tuple[str, ...] = Field(min_length=1)
    timeout_s: float = Field(default=120.0, gt=0)
    idle_timeout_s: float = Field(default=30.0, gt=0)
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    max_output_tokens: int | None = Field(default=None, ge=1)
    max_cost_usd: float | None = Field(default=None, gt=0)
    route: Route = Route.ORDER
    min_quality: float = Field(default=0.0, ge=0.0, le=1.0)
    max_latency_ms: float | None = Field(default=None, gt=0)


class GatewaySettings(_Section):
    """How failing models are treated; times in seconds.

    A model is asked at most `attempts` times in a call, after waits that double from
    `backoff_s` (or last as long as the provider asks) up to `max_backoff_s`; who asks for more
    is left alone that long, and the next model is asked. After `cooldown_after` failures in a
    row a model is left alone for `cooldown_s`.
    """

    attempts: int = Field(default=2, ge=1, le=10)
    backoff_s: float = Field(default=0.25, ge=0)
    max_backoff_s: float = Field(default=8.0, ge=0)
    cooldown_after: int = Field(default=3, ge=1)
    cooldown_s: float = Field(default=30.0, ge=0)


Deployments = Mapping[str, DeploymentSettings]
