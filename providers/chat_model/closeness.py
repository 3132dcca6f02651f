"""How close sentences are in meaning to a question; vectors of sentences are remembered."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from anyio import move_on_after
from cachetools import LRUCache
from numpy.typing import NDArray

from providers.errors import ProviderError
from providers.protocols import Embedder
from providers.types import TextKind

Vector = NDArray[np.float16]


class Closeness:
    """Compares sentences with a question through an embedder.

    Passages come back with question after question, so the vectors of their sentences are
    kept, the least recently used go first. A vector of 384 numbers takes 768 bytes.
    """

    def __init__(self, embedder: Embedder, *, max_vectors: int, patience_s: float) -> None:
        self._embedder = embedder
        self._patience_s = patience_s
        self._vectors: LRUCache[bytes, Vector] = LRUCache(max_vectors)

    async def measure(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """Return the cosine (0..1) of each text with the question, in order.

        None when the embedder fails, or keeps the question waiting for longer than
        `patience_s` because it is busy: meaning only refines a choice that words can make.
        """
        if not texts:
            return []
        try:
            with move_on_after(self._patience_s):
                return await self._measure(question, texts)
        except ProviderError:
            return None
        return None

    async def _measure(self, question: str, texts: Sequence[str]) -> list[float]:
        keys = [blake2b(text.encode(), digest_size=16).digest() for text in texts]
        known = {key: self._vectors[key] for key in keys if key in self._vectors}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        asked = (await self._embedder.embed([question], kind=TextKind.QUERY))[0]
        if missing:
            rows = await self._embedder.embed(list(missing.values()), kind=TextKind.PASSAGE)
            fresh = dict(zip(missing, rows.astype(np.float16), strict=True))
            known |= fresh
            self._vectors.update(fresh)
        matrix = np.stack([known[key] for key in keys]).astype(np.float32)
        cosines: list[float] = np.clip(matrix @ asked, 0.0, 1.0).tolist()
        return cosines
