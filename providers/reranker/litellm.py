"""Reranks with any model that LiteLLM reaches."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from pydantic import Field

from providers.errors import ProviderError
from providers.hosted.freshness import Freshness
from providers.hosted.litellm import LiteLlmCalls, LiteLlmOptions
from providers.hosted.side_by_side import side_by_side, slices
from providers.reranker.scores import by_position, same_length
from providers.types import Health, Status, Usage


class LiteLlmRerankerConfig(LiteLlmOptions):
    """Options of the `litellm` reranker (`cohere/rerank-v3.5`, `hosted_vllm/bge-reranker-base`).

    `batch_size` is the most passages in one request.
    """

    batch_size: int = Field(default=100, ge=1, le=1000)


class LiteLlmReranker:
    """Scores a passage as the model does; most models stay between 0 and 1."""

    config_type: ClassVar = LiteLlmRerankerConfig

    def __init__(self, config: LiteLlmRerankerConfig) -> None:
        self._config = config
        self._calls = LiteLlmCalls(config)
        self._freshness = Freshness()

    def bind_usage(self, report: Callable[[str, Usage], None]) -> None:
        """Tell `report` the model and the usage of each call from now on."""
        self._calls.bind_usage(report)

    async def rerank(
        self, question: str, passages: Sequence[str], *, keys: Sequence[str]
    ) -> list[float]:
        """Return the model's score of each passage.

        Raises:
            TransientProviderError: the server is busy, down or too slow.
            ProviderError: it refuses the request or leaves a passage out.
        """
        same_length(passages, keys)
        if not passages:
            return []
        found = await side_by_side(
            partial(self._scores, question or " "),
            list(slices([passage or " " for passage in passages], self._config.batch_size)),
            at_once=self._config.at_once,
        )
        self._freshness.answered()
        return [score for scores in found for score in scores]

    async def check(self) -> Health:
        """Score one pair, unless the model has answered within the last minute."""
        try:
            if not self._freshness.fresh:
                await self.rerank("ready", ["ready"], keys=["ready"])
        except ProviderError as error:
            return self._health(Status.UNAVAILABLE, str(error))
        return self._health(Status.READY, "")

    async def aclose(self) -> None:
        """Hold nothing: connections are LiteLLM's."""

    def _health(self, status: Status, detail: str) -> Health:
        return Health(
            status=status,
            plugin="litellm",
            detail=detail,
            model=self._config.model,
            device="remote",
        )

    async def _scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """Score one batch; the server returns it best first."""
        reply = await self._calls.call(
            "arerank",
            query=question,
            documents=list(passages),
            top_n=len(passages),
            return_documents=False,
        )
        return by_position(
            reply.results, len(passages), field="relevance_score", server=self._config.model
        )
