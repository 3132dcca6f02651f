"""The options of the `litellm` chat model."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from providers.types import TokenPrices


class LiteLlmConfig(BaseModel):
    """One model of one provider.

    `model` is LiteLLM's name, provider first: `openai/gpt-4o-mini`, `anthropic/claude-…`,
    `ollama/llama3.2`; `openai/<name>` with an `api_base` is any OpenAI-compatible server.
    Without `api_key` the provider's own environment variable counts. `prices` (US dollars for
    a million tokens) win over those that LiteLLM knows. `reasoning` says whether the model
    thinks before it writes, and `prompt_caching` whether the provider wants to be told what to
    keep; None reads both from the name. `timeout_s` bounds a call, in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1)
    api_base: str | None = None
    api_key: SecretStr | None = None
    api_version: str | None = None
    timeout_s: float = Field(default=120.0, gt=0)
    headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    prices: TokenPrices | None = None
    reasoning: bool | None = None
    reasoning_effort: Literal["minimal", "low", "medium", "high"] | None = None
    prompt_caching: bool | None = None
    api: Literal["chat", "responses"] = "chat"
