"""SPLADE: a masked language model says how strongly a text speaks of each word it knows.

A word's weight is log(1 + max(0, x)), where x is the highest score that the model gives the
word at any place of the text (SPLADE++, Formal et al., 2022). Either a local folder with
`model.onnx`, which gives those scores, and `tokenizer.json`; or a model that fastembed names.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from providers.embedder.model_folder import TOKENIZER, WEIGHTS, need_files
from providers.embedder.session import EncoderSession, open_session
from providers.errors import ModelMissingError, ProviderError
from providers.types import SparseVector

_TOKEN_SCORES = 3
"""Dimensions of the model's output: texts, tokens, words of the vocabulary."""


class TermModel(Protocol):
    """A loaded model."""

    @property
    def device(self) -> str:
        """What runs the model."""
        ...

    def encode(self, texts: Sequence[str], batch_size: int) -> list[SparseVector]:
        """Return the words of each text and their weights."""
        ...


class FolderTermModel:
    """The model of a local folder; the session is shared in the process."""

    def __init__(self, folder: Path, *, threads: int | None, max_tokens: int) -> None:
        need_files(folder, WEIGHTS, TOKENIZER)
        self._max_tokens = max_tokens
        self._session: EncoderSession = open_session(folder, threads)

    @property
    def device(self) -> str:
        """The ONNX Runtime provider that runs the model."""
        return self._session.device

    def encode(self, texts: Sequence[str], batch_size: int) -> list[SparseVector]:
        """Return the words of each text and their weights.

        Raises:
            ProviderError: the model does not score words.
        """
        found: dict[int, SparseVector] = {}
        for batch in self._session.batches(
            texts, max_tokens=self._max_tokens, batch_size=batch_size
        ):
            if batch.hidden.ndim != _TOKEN_SCORES:
                raise ProviderError(
                    f"the model in {self._session.folder} scores no words at each token: export "
                    "the masked language model with its logits"
                )
            for row, position in enumerate(batch.rows):
                length = int(batch.mask[row].sum())
                # The weight grows with the score, so the highest score can be taken first.
                found[position] = _terms(batch.hidden[row, :length].max(axis=0))
        return [found[position] for position in range(len(texts))]


class NamedTermModel:
    """A model of fastembed's list, which fastembed downloads."""

    def __init__(self, name: str, *, cache_dir: Path, threads: int | None) -> None:
        # The package takes 0.4 s to import, which a local folder does not need.
        from fastembed import SparseTextEmbedding  # noqa: PLC0415

        try:
            self._model = SparseTextEmbedding(name, cache_dir=str(cache_dir), threads=threads)
        except Exception as error:  # hub and loader raise many kinds
            raise ModelMissingError(
                f"fastembed cannot load {name!r}: {error}. Connect this machine to the model hub "
                "once, or set sparse_encoder.options.model to a local folder"
            ) from error
        inner: Any = self._model.model
        self._device = str(inner.model.get_providers()[0])

    @property
    def device(self) -> str:
        """What runs the model."""
        return self._device

    def encode(self, texts: Sequence[str], batch_size: int) -> list[SparseVector]:
        """Return the words of each text and their weights."""
        return [
            SparseVector(found.indices.astype(np.uint32), found.values.astype(np.float32))
            for found in self._model.embed(list(texts), batch_size=batch_size)
        ]


def _terms(scores: NDArray[np.float32]) -> SparseVector:
    """Keep the words with a weight; `scores` has one number a word of the vocabulary."""
    indices = np.flatnonzero(scores > 0)
    return SparseVector(indices.astype(np.uint32), np.log1p(scores[indices]).astype(np.float32))
