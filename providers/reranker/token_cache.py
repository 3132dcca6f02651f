"""Remembers the token vectors of passages, within a number of bytes."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

TokenMatrix = NDArray[np.float16]
"""Unit vectors of one text's tokens, shape (tokens, dimensions), in half precision."""


@dataclass(frozen=True, slots=True)
class TextTokens:
    """The tokens of one text: `ids` of the vocabulary and, row by row, their `vectors`."""

    ids: NDArray[np.int64]
    vectors: TokenMatrix

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.ids.nbytes + self.vectors.nbytes)


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
