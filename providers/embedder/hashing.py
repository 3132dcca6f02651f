"""An embedder without a model: signed feature hashing of words and their parts.

It knows no meaning, only spelling: for tests and for a service that has no model folder.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.types import Health, Matrix, Status, TextKind, Vector

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")
_PART = 4
_SHORT_WORD = 3
_SHORT_WEIGHT = 0.2
_PART_WEIGHT = 0.4
_SIGN_BIT = 1 << 31


class HashingConfig(BaseModel):
    """Options of the `hashing` embedder: vector length and the longest text, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimensions: int = Field(default=256, ge=16, le=4096)
    max_tokens: int = Field(default=512, ge=8)


class HashingEmbedder:
    """Embeds by spelling: deterministic, in microseconds, with no dependency."""

    config_type: ClassVar = HashingConfig

    def __init__(self, config: HashingConfig) -> None:
        self._config = config

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._config.dimensions

    @property
    def fingerprint(self) -> str:
        """Name, vector length and length limit."""
        return f"hashing:1:{self._config.dimensions}:{self._config.max_tokens}"

    @property
    def max_tokens(self) -> int:
        """Longest text that is read whole, in words."""
        return self._config.max_tokens

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        """Embed `texts`; both kinds alike."""
        return await to_thread.run_sync(self._embed, texts)

    async def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the span of each word and punctuation mark."""
        return [match.span() for match in _TOKEN.finditer(text)]

    async def check(self) -> Health:
        """Always ready."""
        return Health(
            status=Status.READY,
            plugin="hashing",
            detail="matches spelling, not meaning",
            model="hashing",
            dimensions=self.dimensions,
            device="cpu",
        )

    async def aclose(self) -> None:
        """Hold nothing."""

    def _embed(self, texts: Sequence[str]) -> Matrix:
        rows = [self._one(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimensions), dtype=np.float32)

    def _one(self, text: str) -> Vector:
        vector = np.zeros(self.dimensions, dtype=np.float32)
        words = _WORD.findall(text.casefold())[: self._config.max_tokens]
        for feature, weight in _features(words):
            code = zlib.crc32(feature.encode())
            vector[code % self.dimensions] += -weight if code & _SIGN_BIT else weight
        length = float(np.linalg.norm(vector))
        if length == 0.0:  # no word at all: any fixed direction, so that the row has length 1
            vector[0] = length = 1.0
        unit: Vector = vector / np.float32(length)
        return unit


def _features(words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield each distinct word and its parts with a weight that grows slowly with its count."""
    for word, count in Counter(words).items():
        weight = 1.0 + float(np.log(count))
        if len(word) <= _SHORT_WORD:
            yield word, weight * _SHORT_WEIGHT
            continue
        yield word, weight
        marked = f"<{word}>"
        for start in range(len(marked) - _PART + 1):
            yield marked[start : start + _PART], weight * _PART_WEIGHT
