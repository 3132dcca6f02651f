"""Reranks with a cross-encoder on a server of Text Embeddings Inference."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from pydantic import Field

from providers.errors import ProviderError
from providers.hosted.side_by_side import side_by_side, slices
from providers.hosted.tei import TeiOptions, TeiServer
from providers.reranker.scores import by_position, same_length
from providers.types import Health, Status


class TeiRerankerConfig(TeiOptions):
    """Options of the `tei` reranker; `batch_size` is lowered to what the server takes."""

    batch_size: int = Field(default=32, ge=1, le=2048)


class TeiReranker:
    """Scores a passage between 0 and 1, as the server's model does."""

    config_type: ClassVar = TeiRerankerConfig

    def __init__(self, config: TeiRerankerConfig) -> None:
        self._config = config
        self._server = TeiServer(config, kind="reranker")

    async def rerank(
        self, question: str, passages: Sequence[str], *, keys: Sequence[str]
    ) -> list[float]:
        """Return the model's score of each passage; long ones are cut by the server.

        Raises:
            TransientProviderError: the server is busy, down or too slow.
            ProviderError: it serves another model, or refuses the request.
        """
        same_length(passages, keys)
        if not passages:
            return []
        info = await self._server.info()
        size = min(self._config.batch_size, info.max_client_batch_size)
        found = await side_by_side(
            partial(self._scores, question or " "),
            list(slices([passage or " " for passage in passages], size)),
            at_once=self._config.at_once,
        )
        return [score for scores in found for score in scores]

    async def check(self) -> Health:
        """Ask the server what it serves and have it score one pair."""
        try:
            await self.rerank("ready", ["ready"], keys=["ready"])
            info = await self._server.info()
        except ProviderError as error:
            return Health(
                status=Status.UNAVAILABLE,
                plugin="tei",
                detail=str(error),
                model=self._config.model,
                device="remote",
            )
        return Health(
            status=Status.READY,
            plugin="tei",
            detail=info.software,
            model=info.model_id,
            device="remote",
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    async def _scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """Score one batch; the server returns it best first."""
        body = {"query": question, "texts": list(passages), "truncate": True}
        found = await self._server.post("/rerank", body)
        return by_position(found, len(passages), field="score", server=self._server.name)
