"""The default guardrail: expressions and heuristics, in microseconds, without a model."""

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from providers.guardrail.injection import suspicions
from providers.guardrail.secrets import secrets_in
from providers.guardrail.unmasking import fold
from providers.types import Finding, GuardStage, Health, Status
from providers.visits import in_thread

_IMAGE = re.compile(
    r"!\[[^\]\n]{0,200}\]\s*\(\s*(?:https?:)?//[^)\n]+\)|<img\b[^>]*>", re.IGNORECASE
)
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]+"
)


_TO_READERS = {
    "reveal": 0.5,
    "others": 0.45,
    "no_right": 0.45,
    "own_secrets": 0.5,
    "own_prompt": 0.5,
    "own_setup": 0.6,
    "own_tools": 0.6,
    "above": 0.6,
    "permission": 0.6,
    "mode": 0.6,
    "picture_link": 0.5,
    "message_json": 0.45,
    "every_answer": 0.7,
    "machine_must": 0.7,
}
"""Signs of a question that documents hold too, since they speak to people."""
_OF_MODELS = re.compile(r"prompt|instruction|anweisung|consigne|vorgabe|direktive|directive")


class RulesConfig(BaseModel):
    """Options of the `rules` guardrail; longer texts are looked at in their first part only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_chars: int = Field(default=20_000, ge=100)


class RulesGuardrail:
    """Finds orders to the model, secrets, pictures that carry data away, hidden characters.

    Rules: `injection.*` in questions and passages, `secrets.*` everywhere,
    `injection.image` in answers, `hidden.characters` in questions and passages.
    """

    config_type: ClassVar = RulesConfig

    def __init__(self, config: RulesConfig) -> None:
        self._config = config

    async def inspect(
        self, texts: Sequence[str], *, stage: GuardStage, language: str = "en"
    ) -> list[list[Finding]]:
        """Look at each text; all languages are tried, whatever `language` says."""
        if stage is GuardStage.PASSAGE:  # many and long: the event loop must not wait for them
            return await in_thread(self._inspect_all, texts, stage)
        return self._inspect_all(texts, stage)

    async def check(self) -> Health:
        """Always ready."""
        return Health(status=Status.READY, plugin="rules")

    async def aclose(self) -> None:
        """Hold nothing."""

    def _inspect_all(self, texts: Sequence[str], stage: GuardStage) -> list[list[Finding]]:
        return [list(self._inspect(text[: self._config.max_chars], stage)) for text in texts]

    def _inspect(self, text: str, stage: GuardStage) -> Iterator[Finding]:
        for secret in secrets_in(text):
            yield Finding(
                rule=f"secrets.{secret.kind.replace(' ', '_')}",
                score=1.0,
                start=secret.start,
                end=secret.end,
                message=f"holds what looks like a {secret.kind}",
            )
        if stage is GuardStage.ANSWER:
            yield from _images(text)
            return
        for found in suspicions(text):
            weight = found.weight
            if stage is GuardStage.PASSAGE:
                weight *= _in_document(found.rule, text[found.start : found.end])
            yield Finding(
                rule=f"injection.{found.rule}",
                score=weight,
                start=found.start,
                end=found.end,
                message=found.message,
            )
        for match in _CONTROL.finditer(text):
            yield Finding(
                rule="hidden.characters",
                score=0.3,
                start=match.start(),
                end=match.end(),
                message="holds invisible or control characters",
            )


def _in_document(rule: str, span: str) -> float:
    """Return how much a sign counts in a document, where `your` is the reader's."""
    if rule == "reveal" and _OF_MODELS.search(fold(span).text):
        return 1.0
    return _TO_READERS.get(rule, 1.0)


def _images(text: str) -> Iterator[Finding]:
    for match in _IMAGE.finditer(text):
        yield Finding(
            rule="injection.image",
            score=0.9,
            start=match.start(),
            end=match.end(),
            message="shows a picture from elsewhere",
        )
