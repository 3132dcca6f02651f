"""Remembers the token vectors of passages, within a number of bytes."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

TokenMatrix = NDArray[np.float32]
"""Unit vectors of tokens, shape (tokens, dimensions)."""
_STEPS = 127
"""The largest number of eight bits."""


@dataclass(frozen=True, slots=True)
class TextTokens:
    """The tokens of one text: `ids` of the vocabulary and, row by row, their unit vectors.

    A row is held in eight bits, in units of `scales`. Half precision took twice the room, and
    turning it into floats again took longer than comparing them.
    """

    ids: NDArray[np.int64]
    steps: NDArray[np.int8]
    scales: NDArray[np.float32]

    @classmethod
    def of(cls, ids: NDArray[np.int64], vectors: TokenMatrix) -> "TextTokens":
        """Hold token vectors; they are scaled to length 1."""
        norms = np.linalg.norm(vectors, axis=1)
        most = np.abs(vectors).max(axis=1, initial=0.0)
        empty = most == 0.0  # a row without direction stays one
        steps = np.rint(vectors * (_STEPS / np.where(empty, 1.0, most))[:, None])
        scales = most / (_STEPS * np.where(empty, 1.0, norms))
        return cls(ids, steps.astype(np.int8), scales.astype(np.float32))

    @property
    def vectors(self) -> TokenMatrix:
        """The unit vectors, each number within a 254th of the largest of its row."""
        found: TokenMatrix = self.steps * self.scales[:, None]
        return found

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.ids.nbytes + self.steps.nbytes + self.scales.nbytes)


class TokenCache:
    """A least-recently-used cache by passage key; safe to use from threads."""

    def __init__(self, max_bytes: int) -> None:
        self._entries: LRUCache[str, TextTokens] = LRUCache(
            max_bytes, getsizeof=lambda tokens: tokens.nbytes
        )
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """Bytes held now."""
        return int(self._entries.currsize)

    def find(self, keys: Sequence[str]) -> list[TextTokens | None]:
        """Return what is known of each key."""
        with self._lock:
            return [self._entries.get(key) for key in keys]

    def put(self, key: str, tokens: TextTokens) -> None:
        """Remember a text; one larger than the whole cache is not kept."""
        with self._lock:
            if tokens.nbytes <= self._entries.maxsize:
                self._entries[key] = tokens
