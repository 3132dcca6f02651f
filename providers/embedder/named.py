"""Embeds with a model that fastembed knows by name and downloads by itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fastembed import TextEmbedding

from providers.errors import ModelMissingError
from providers.types import Matrix


class NamedEncoder:
    """A model of fastembed's list."""

    def __init__(self, name: str, *, cache_dir: Path, threads: int | None) -> None:
        try:
            self._embedding = TextEmbedding(name, cache_dir=str(cache_dir), threads=threads)
        except Exception as error:  # hub and loader raise many kinds
            raise ModelMissingError(
                f"fastembed cannot load {name!r}: {error}. Connect this machine to the model hub "
                "once, or set embedder.options.model to a local folder"
            ) from error
        # The tokenizer truncates while it embeds; spans need the whole text.
        inner: Any = self._embedding.model
        self._tokenizer = type(inner.tokenizer).from_str(inner.tokenizer.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._device = str(inner.model.get_providers()[0])

    @property
    def device(self) -> str:
        """What runs the model."""
        return self._device

    def embed(self, texts: Sequence[str], batch_size: int) -> Matrix:
        """Return one L2-normalised row a text, in the order of `texts`."""
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        found = self._embedding.embed([texts[row] for row in order], batch_size=batch_size)
        rows = np.empty((len(texts), self._embedding.embedding_size), dtype=np.float32)
        for row, vector in zip(order, found, strict=True):
            rows[row] = vector / np.linalg.norm(vector)
        return rows

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token of `text`, special tokens left out."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)


def named_dimensions(name: str) -> int:
    """Return the vector length of a model that fastembed knows.

    Raises:
        ModelMissingError: fastembed does not know it.
    """
    for entry in TextEmbedding.list_supported_models():
        if entry["model"].lower() == name.lower():
            return int(entry["dim"])
    raise ModelMissingError(
        f"embedder.options.model: {name!r} is neither a prepared model, a folder nor a name that "
        "fastembed knows; `cicerone models prepare` makes the default one"
    )
