"""An embedder that remembers the vectors of texts it has seen."""

import hashlib
from collections.abc import Sequence

import numpy as np

from providers.cache.counting import EVERYBODY, CacheCounters, CacheEvent, CacheKind
from providers.cache.patient import PatientCache
from providers.protocols import Embedder
from providers.types import Health, Matrix, TextKind, Vector


class RememberingEmbedder:
    """Asks a cache before the embedder; a text that changed has another key.

    An entry belongs to its text and to the embedder's fingerprint, and to nobody: it tells
    nothing that is not in the text itself.
    """

    def __init__(
        self,
        embedder: Embedder,
        cache: PatientCache,
        counters: CacheCounters,
        *,
        ttl_s: float,
        kinds: frozenset[TextKind] = frozenset({TextKind.QUERY}),
    ) -> None:
        """Take an embedder, which stays the caller's to close.

        Args:
            embedder: What to ask for texts that are new.
            cache: Where vectors are kept, as float32 in the machine's order.
            counters: Count hits and misses.
            ttl_s: How long vectors are kept, in seconds.
            kinds: Which kinds of texts are remembered.
        """
        self._embedder = embedder
        self._cache = cache
        self._counters = counters
        self._ttl_s = ttl_s
        self._kinds = kinds

    @property
    def in_process(self) -> bool:
        """Whether nothing outside this process is waited for."""
        return self._cache.in_process and bool(getattr(self._embedder, "in_process", False))

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._embedder.dimensions

    @property
    def fingerprint(self) -> str:
        """Short name of model and settings, which are the embedder's."""
        return self._embedder.fingerprint

    @property
    def max_tokens(self) -> int:
        """Longest text the model reads, in tokens of its own tokenizer."""
        return self._embedder.max_tokens

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        """Embed `texts`; returns L2-normalised rows, shape (len(texts), dimensions)."""
        if kind not in self._kinds:
            return await self._embedder.embed(texts, kind=kind)
        keys = [self._key(text, kind) for text in texts]
        rows = [await self._recall(key) for key in keys]
        new = [place for place, row in enumerate(rows) if row is None]
        self._count(CacheEvent.HIT, len(texts) - len(new))
        self._count(CacheEvent.MISS, len(new))
        if len(new) == len(texts):
            made = await self._embedder.embed(texts, kind=kind)
            for key, row in zip(keys, made, strict=True):
                await self._keep(key, row)
            return made
        if new:
            made = await self._embedder.embed([texts[place] for place in new], kind=kind)
            for place, row in zip(new, made, strict=True):
                rows[place] = row
                await self._keep(keys[place], row)
        return np.stack([row for row in rows if row is not None])

    async def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the character span [start, end) of each token of `text`, in order."""
        return await self._embedder.token_spans(text)

    async def check(self) -> Health:
        """Tell how well the embedder works."""
        return await self._embedder.check()

    async def aclose(self) -> None:
        """Release nothing: the embedder is the caller's."""

    async def _recall(self, key: str) -> Vector | None:
        data = await self._cache.get(key)
        if data is None:
            return None
        if len(data) != self.dimensions * np.dtype(np.float32).itemsize:
            self._count(CacheEvent.BROKEN, 1)
            await self._cache.delete(key)
            return None
        row: Vector = np.frombuffer(data, dtype=np.float32)
        return row

    async def _keep(self, key: str, row: Vector) -> None:
        data = np.ascontiguousarray(row, dtype=np.float32).tobytes()
        if await self._cache.set(key, data, ttl_s=self._ttl_s):
            self._count(CacheEvent.STORED, 1)

    def _key(self, text: str, kind: TextKind) -> str:
        parts = f"{self.fingerprint}\x1f{kind}\x1f{text}"
        return f"embedding:{hashlib.sha256(parts.encode()).hexdigest()}"

    def _count(self, event: CacheEvent, times: int) -> None:
        if times:
            self._counters.add(EVERYBODY, CacheKind.EMBEDDING, event, times)
