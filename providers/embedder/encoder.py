"""From a model folder to passage vectors: which folder, how it pools, what it is called."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from providers.embedder.batching import Ids
from providers.embedder.model_folder import (
    MANIFEST,
    QUANTISED,
    WEIGHTS,
    read_folder,
    weights_fingerprint,
)
from providers.embedder.session import EncoderSession, Hidden, open_session
from providers.errors import ModelMissingError
from providers.types import Matrix

_TINY = np.finfo(np.float32).tiny
"""Keeps a vector of zeros from being divided by zero."""


class Pooling(StrEnum):
    """How the vectors of a text's tokens become one."""

    MEAN = "mean"
    CLS = "cls"


class Weights(StrEnum):
    """Which weights of a model folder to run; a folder without 8-bit ones has but the others."""

    INT8 = "int8"
    FLOAT32 = "float32"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderModel:
    """A model folder as an encoder needs it; reading it loads no weights.

    `weights` is the name of the file to run.
    """

    folder: Path
    weights: str
    name: str
    dimensions: int
    pooling: Pooling
    fingerprint: str


def describe(folder: Path, pooling: Pooling | None, wanted: Weights = Weights.INT8) -> FolderModel:
    """Read what a folder holds; one without manifest is a folder somebody made by hand.

    Raises:
        ModelMissingError: the folder is absent or not whole; says which command makes it.
    """
    if (folder / MANIFEST).is_file() or not (folder / WEIGHTS).is_file():
        model = read_folder(folder)
        weights = QUANTISED if model.quantised and wanted is Weights.INT8 else WEIGHTS
        return FolderModel(
            folder=folder,
            weights=weights,
            name=model.name,
            dimensions=model.dimensions,
            pooling=pooling or Pooling(model.pooling),
            fingerprint=model.fingerprint_of(weights),
        )
    try:
        dimensions = int(json.loads((folder / "config.json").read_text("utf-8"))["hidden_size"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelMissingError(f"{folder} has no config.json with a hidden_size") from error
    return FolderModel(
        folder=folder,
        weights=WEIGHTS,
        name=folder.name,
        dimensions=dimensions,
        pooling=pooling or Pooling.MEAN,
        fingerprint=weights_fingerprint(folder),
    )


class FolderEncoder:
    """Embeds texts with the model of a folder; the session is shared in the process."""

    def __init__(self, model: FolderModel, *, threads: int | None, max_tokens: int) -> None:
        self.model = model
        self._max_tokens = max_tokens
        self._session: EncoderSession = open_session(model.folder, threads, model.weights)

    @property
    def device(self) -> str:
        """What runs the model."""
        return self._session.device

    def embed(self, texts: Sequence[str], batch_size: int) -> Matrix:
        """Return one L2-normalised row a text, in the order of `texts`."""
        rows = np.empty((len(texts), self.model.dimensions), dtype=np.float32)
        for batch in self._session.batches(
            texts, max_tokens=self._max_tokens, batch_size=batch_size
        ):
            rows[batch.rows] = _pool(batch.hidden, batch.mask, self.model.pooling)
        return rows

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token of `text`, special tokens left out."""
        return list(self._session.tokenizer.encode(text, add_special_tokens=False).offsets)


def _pool(hidden: Hidden, mask: Ids, pooling: Pooling) -> Matrix:
    """Make one unit vector a row of the batch."""
    if pooling is Pooling.CLS:
        vectors = hidden[:, 0]
    else:
        # The mean's divisor drops out when the vector is brought to length 1.
        vectors = np.einsum("bld,bl->bd", hidden, mask.astype(np.float32))
    norms = np.sqrt(np.einsum("bd,bd->b", vectors, vectors))
    unit: Matrix = vectors / np.maximum(norms, _TINY)[:, None]
    return unit
