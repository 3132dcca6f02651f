"""Reranks with a cross-encoder in this process: a local folder, or a model fastembed names."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.embedder.model_folder import find_folder
from providers.errors import ProviderError
from providers.once import Once
from providers.reranker.cross_encoder import CrossEncoder, FolderCrossEncoder, NamedCrossEncoder
from providers.reranker.scores import same_length
from providers.types import Health, Status

DEFAULT_MODEL = "BAAI/bge-reranker-base"


class FastEmbedRerankerConfig(BaseModel):
    """Options of the `fastembed` reranker.

    `model` is a folder below `models_dir`, a path to a folder with `model.onnx` and
    `tokenizer.json`, or a name that fastembed knows. `max_tokens` bounds question and passage
    together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models_dir: Path = Path("models")
    model: str = DEFAULT_MODEL
    batch_size: int = Field(default=16, ge=1, le=256)
    max_tokens: int = Field(default=512, ge=16, le=8192)
    threads: int | None = Field(default=None, ge=1)


class FastEmbedReranker:
    """Scores a passage between 0 and 1; the model is loaded when it is first used."""

    config_type: ClassVar = FastEmbedRerankerConfig
    in_process: ClassVar = True

    def __init__(self, config: FastEmbedRerankerConfig) -> None:
        self._config = config
        self._encoder: Once[CrossEncoder] = Once(self._load)

    async def rerank(
        self, question: str, passages: Sequence[str], *, keys: Sequence[str]
    ) -> list[float]:
        """Return the model's number of each passage through the logistic function."""
        same_length(passages, keys)
        if not passages:
            return []
        return await to_thread.run_sync(self._rerank, question, passages)

    async def check(self) -> Health:
        """Load the model and score one pair."""
        try:
            await self.rerank("ready", ["ready"], keys=["ready"])
        except ProviderError as error:
            return Health(
                status=Status.UNAVAILABLE,
                plugin="fastembed",
                detail=str(error),
                model=self._config.model,
            )
        return Health(
            status=Status.READY,
            plugin="fastembed",
            model=self._config.model,
            device=held.device if (held := self._encoder.held) else None,
        )

    async def aclose(self) -> None:
        """Let go of the model."""
        self._encoder.drop()

    def _rerank(self, question: str, passages: Sequence[str]) -> list[float]:
        logits = self._encoder.get().logits(question, passages, self._config.batch_size)
        return [float(score) for score in 1 / (1 + np.exp(-logits.astype(np.float64)))]

    def _load(self) -> CrossEncoder:
        config = self._config
        folder = find_folder(config.models_dir, config.model)
        if folder is None:
            return NamedCrossEncoder(
                config.model, cache_dir=config.models_dir, threads=config.threads
            )
        return FolderCrossEncoder(folder, threads=config.threads, max_tokens=config.max_tokens)
