"""LiteLLM as the embedder and the reranker call it: never retrying, accounted."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from providers.errors import ProviderError, TransientProviderError
from providers.hosted.http_json import ServerUrl
from providers.hosted.litellm_sdk import load_litellm
from providers.types import Usage

_PER_MILLION = 1e6
_TRANSIENT = (
    "APIConnectionError",
    "BadGatewayError",
    "InternalServerError",
    "RateLimitError",
    "ServiceUnavailableError",
    "Timeout",
)
_SHOWN = 300
"""Characters of a server's message that an error repeats."""


class LiteLlmOptions(BaseModel):
    """Which model, where, and with which key.

    `model` is a name of LiteLLM's with its prefix (`openai/text-embedding-3-small`); `api_base`
    is the address of a server of one's own. Without `api_key` the variable of the provider is
    read (`OPENAI_API_KEY`). `parameters` are passed on as they are (`api_version`); they are kept
    with each index, so no secret belongs there. `cost_per_1m_tokens_usd` is the price of a model
    that LiteLLM has none for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1)
    api_base: ServerUrl | None = None
    api_key: SecretStr | None = None
    timeout_s: float = Field(default=30.0, gt=0)
    at_once: int = Field(default=4, ge=1, le=64)
    parameters: Mapping[str, Any] = Field(default_factory=dict)
    cost_per_1m_tokens_usd: float | None = Field(default=None, ge=0)


class LiteLlmCalls:
    """Calls one model and tells what each call cost."""

    def __init__(self, options: LiteLlmOptions) -> None:
        self._options = options
        self._report: Callable[[str, Usage], None] | None = None

    def bind_usage(self, report: Callable[[str, Usage], None]) -> None:
        """Tell `report` the model and the usage of each call from now on."""
        self._report = report

    async def call(self, function: str, **given: Any) -> Any:
        """Await a function of LiteLLM's for the model.

        Raises:
            TransientProviderError: a time-out, a lost connection, too many requests or a fault
                of the server.
            ProviderError: anything else.
        """
        module = await load_litellm()
        options = self._options
        try:
            reply = await getattr(module, function)(
                model=options.model,
                api_base=str(options.api_base).rstrip("/") if options.api_base else None,
                api_key=options.api_key.get_secret_value() if options.api_key else None,
                timeout=options.timeout_s,
                max_retries=0,
                **options.parameters,
                **given,
            )
        except Exception as error:  # each vendor's errors, and bare ones of the library itself
            raise self._converted(error) from error
        if self._report is not None:
            self._report(options.model, self._usage(reply))
        return reply

    def _converted(self, error: Exception) -> ProviderError:
        text = str(error)
        if self._options.api_key is not None:
            text = text.replace(self._options.api_key.get_secret_value(), "***")
        message = f"{self._options.model}: {text[:_SHOWN]}"
        names = {kind.__name__ for kind in type(error).__mro__}
        if names.intersection(_TRANSIENT):
            return TransientProviderError(message)
        return ProviderError(message)

    def _usage(self, reply: Any) -> Usage:
        tokens = _tokens(reply)
        price = self._options.cost_per_1m_tokens_usd
        if price is not None:
            return Usage(input_tokens=tokens, cost_usd=tokens * price / _PER_MILLION)
        # None for a model that has no price.
        cost = getattr(reply, "_hidden_params", {}).get("response_cost")
        return Usage(input_tokens=tokens, cost_usd=float(cost or 0.0))


def _tokens(reply: Any) -> int:
    """Return the tokens read; 0 where the server does not say (rerankers bill by the search)."""
    if (usage := getattr(reply, "usage", None)) is not None:
        return int(usage.prompt_tokens or 0)
    meta = getattr(reply, "meta", None) or {}
    counted = (meta.get("tokens") or {}).get("input_tokens")
    return int(counted or (meta.get("billed_units") or {}).get("total_tokens") or 0)
