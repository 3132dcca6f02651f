"""A guardrail that asks a chat model; slow and costly, for those who have a good one."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from providers.errors import ProviderError
from providers.types import Finding, GuardStage, Health, Status

Ask = Callable[[str], Awaitable[str]]
"""Takes a text and returns what the model says of it: a JSON object with `injection`."""
_OBJECT = re.compile(r"\{[^{}]*\}")


class ModelConfig(BaseModel):
    """Options of the `model` guardrail: the longest text and the score of a yes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_chars: int = Field(default=4000, ge=100)
    score: float = Field(default=0.9, gt=0.0, le=1.0)


class ModelGuardrail:
    """Finds `injection.judged`, by asking the chat model it is bound to."""

    config_type: ClassVar = ModelConfig

    def __init__(self, config: ModelConfig, ask: Ask | None = None) -> None:
        self._config = config
        self._ask = ask

    def bound_to(self, ask: Ask) -> "ModelGuardrail":
        """Return the guardrail for one run."""
        return ModelGuardrail(self._config, ask)

    async def inspect(
        self, texts: Sequence[str], *, stage: GuardStage, language: str = "en"
    ) -> list[list[Finding]]:
        """Ask about each text.

        Raises:
            ProviderError: no chat model is bound, or its reply does not say.
        """
        if stage is GuardStage.ANSWER:
            return [[] for _ in texts]
        return [await self._inspect(text[: self._config.max_chars]) for text in texts]

    async def check(self) -> Health:
        """Tell that it waits for a run to bind a chat model."""
        return Health(status=Status.READY, plugin="model", detail="asks the role 'classify'")

    async def aclose(self) -> None:
        """Hold nothing."""

    async def _inspect(self, text: str) -> list[Finding]:
        if self._ask is None:
            raise ProviderError("the guardrail 'model' needs a chat model for the role 'classify'")
        if not _guilty(await self._ask(text)):
            return []
        return [
            Finding(
                rule="injection.judged",
                score=self._config.score,
                start=0,
                end=len(text),
                message="was judged to be an attack by a model",
            )
        ]


def _guilty(reply: str) -> bool:
    """Read the verdict; models like to write something around their JSON."""
    found = _OBJECT.search(reply)
    try:
        verdict = json.loads(found.group()).get("injection") if found else None
    except json.JSONDecodeError:
        verdict = None
    if not isinstance(verdict, bool):
        raise ProviderError(f"the model did not decide: {reply[:80]!r}")
    return verdict
