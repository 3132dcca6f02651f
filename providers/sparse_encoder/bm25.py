"""BM25 term weights with Qdrant's own encoder; the store adds the IDF when it searches."""

import threading
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from qdrant_edge import Bm25, Bm25Config, DisabledStemmer, StopwordsSet, TokenizerType

from providers.types import Health, SparseVector, Status, TextKind
from providers.visits import in_thread

_UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my"})
"""Languages written without spaces: they need a tokenizer that segments words."""
_SHORT_CHARS = 1_000
"""Up to here encoding takes less time (0.05 ms) than the change of thread to do it elsewhere."""


class Bm25EncoderConfig(BaseModel):
    """Options of the `bm25` encoder.

    `k` bounds the weight of repeated terms, `b` how much long texts are held back (0 to 1).
    `avg_len` is the expected length of a passage in terms; it enters each weight when a
    passage is encoded, so changing it asks for a new index.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: float = Field(default=0.9, ge=0.0)
    b: float = Field(default=0.4, ge=0.0, le=1.0)
    avg_len: float = Field(default=120.0, gt=0.0)


class Bm25Encoder:
    """Encodes with one stemmer and stop-word list a language; CPU only, no model."""

    config_type: ClassVar = Bm25EncoderConfig
    in_process: ClassVar = True
    idf: ClassVar = True

    def __init__(self, config: Bm25EncoderConfig) -> None:
        self._config = config
        self._encoders: dict[str, Bm25] = {}
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Encoder and its constants."""
        return f"bm25:1:{self._config.k:g}:{self._config.b:g}:{self._config.avg_len:g}"

    async def encode(
        self, texts: Sequence[str], *, kind: TextKind, language: str = "en"
    ) -> list[SparseVector]:
        """Encode `texts` of one language; queries get weight 1 a term."""
        encoder = self._encoders.get(language.lower()[:2])
        if encoder is not None and sum(map(len, texts)) <= _SHORT_CHARS:
            return _encode(encoder, texts, kind)
        return await in_thread(self._encode, texts, kind, language)

    async def check(self) -> Health:
        """Always ready."""
        return Health(status=Status.READY, plugin="bm25", model="bm25", device="cpu")

    async def aclose(self) -> None:
        """Hold nothing."""

    def _encode(self, texts: Sequence[str], kind: TextKind, language: str) -> list[SparseVector]:
        return _encode(self._encoder(language.lower()[:2]), texts, kind)

    def _encoder(self, language: str) -> Bm25:
        with self._lock:
            if language not in self._encoders:
                self._encoders[language] = self._make(language)
            return self._encoders[language]

    def _make(self, language: str) -> Bm25:
        """Build the encoder of a language, without stemmer and stop words if it is unknown."""
        tokenizer = TokenizerType.Multilingual if language in _UNSPACED else TokenizerType.Word
        constants = self._config
        try:
            config = Bm25Config(
                constants.k, constants.b, constants.avg_len, tokenizer, language=language
            )
            return Bm25(config)
        except ValueError:
            config = Bm25Config(
                constants.k,
                constants.b,
                constants.avg_len,
                tokenizer,
                stemmer=DisabledStemmer(),
                stopwords=StopwordsSet(languages=set(), custom=set()),
            )
            return Bm25(config)


def _encode(encoder: Bm25, texts: Sequence[str], kind: TextKind) -> list[SparseVector]:
    embed = encoder.embed_query if kind is TextKind.QUERY else encoder.embed_document
    return [
        SparseVector(
            np.asarray(found.indices, dtype=np.uint32),
            np.asarray(found.values, dtype=np.float32),
        )
        for found in map(embed, texts)
    ]
