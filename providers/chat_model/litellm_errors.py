"""Says in the service's words what went wrong at a model's provider."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus

from providers.errors import (
    ProviderAccessError,
    ProviderError,
    ProviderTimeoutError,
    TransientProviderError,
)

_TRANSIENT = frozenset({409, 425, 429})
_TOO_LONG = "ContextWindowExceededError"
_TIMEOUTS = frozenset({"Timeout", "APITimeoutError", "ReadTimeout", "ConnectTimeout"})
_NO_KEY = "OpenAIError"
"""Only what is wrong before a request is of this very class; the others derive from it."""
_NOISE = re.compile(r"^(?:\w+(?:Error|Timeout): )+(?:\w+Exception - )?")
"""Names of classes that stand before what a person can read."""
_KEY = re.compile(r"\b(?:sk|pk|gsk|xai|key)[-_][\w*.-]{6,}|(?<=Bearer )\S{6,}")
"""What looks like a key: some providers repeat the one that they refuse."""
_LONGEST = 300
"""Characters of a provider's own words that are kept."""


def translate(error: Exception, model: str) -> ProviderError:
    """Return what an exception of LiteLLM means for whoever asked `model`."""
    if isinstance(error, ProviderError):
        return error
    words = _words(error)
    causes = list(_causes(error))
    if any(isinstance(cause, json.JSONDecodeError) for cause in causes) or _unreadable(words):
        return ProviderError(f"{model} sent what cannot be read as a reply: {words}")
    names = {type(cause).__name__ for cause in causes}
    if names & _TIMEOUTS:
        return ProviderTimeoutError(f"{model} did not answer in time")
    if type(error).__name__ == _NO_KEY:
        return ProviderAccessError(f"{model} cannot be asked; set api_key: {words}")
    if _TOO_LONG in names:
        return ProviderError(
            f"the prompt is longer than {model} reads; lower query.context.max_tokens: {words}"
        )
    return _by_status(error, model, words)


def _by_status(error: Exception, model: str, words: str) -> ProviderError:
    status = getattr(error, "status_code", None)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ProviderAccessError(f"the provider of {model} refused the key; set api_key: {words}")
    if status == HTTPStatus.NOT_FOUND:
        return ProviderAccessError(
            f"the provider has no model {model}; check the model's name and api_base: {words}"
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        after = retry_after(error)
        return TransientProviderError(
            f"too many requests for {model}: {words}", retry_after_s=after
        )
    if isinstance(status, int) and not _may_pass(status):
        return ProviderError(f"{model} refused the request ({status}): {words}")
    after = retry_after(error)
    return TransientProviderError(
        f"the provider of {model} failed for now: {words}", retry_after_s=after
    )


def retry_after(error: Exception) -> float | None:
    """Return the seconds of the Retry-After header; a date in it is not read."""
    for source in (getattr(error, "litellm_response_headers", None), _response_headers(error)):
        value = (source or {}).get("retry-after")
        try:
            return max(0.0, float(value)) if value is not None else None
        except ValueError:
            return None
    return None


def _response_headers(error: Exception) -> dict[str, str]:
    return dict(getattr(getattr(error, "response", None), "headers", None) or {})


def _may_pass(status: int) -> bool:
    return status in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that led to it, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__, getattr(found, "original_exception", None)]


def _unreadable(words: str) -> bool:
    """Tell by its words that a reply was no JSON, where the exception itself was lost."""
    return "Expecting property name" in words or "Expecting value" in words


def _words(error: Exception) -> str:
    text = " ".join(str(getattr(error, "message", None) or error).split())
    text = _NOISE.sub("", text.replace("litellm.", ""))
    return _KEY.sub("…", text)[:_LONGEST] or type(error).__name__
