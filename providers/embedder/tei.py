"""Embeds on a server of Text Embeddings Inference."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import numpy as np

from providers.embedder import hosted
from providers.embedder.hosted import HostedOptions, LocalSpans
from providers.embedder.tei_spans import pieces, token_spans
from providers.embedder.word_pieces import word_pieces
from providers.errors import ProviderError
from providers.hosted.http_json import StatusError
from providers.hosted.side_by_side import side_by_side, slices
from providers.hosted.tei import TeiInfo, TeiOptions, TeiServer
from providers.types import Health, Matrix, Status, TextKind

_NO_ROUTE = 404


class TeiEmbedderConfig(HostedOptions, TeiOptions):
    """Options of the `tei` embedder: where the server is, and what its model is like.

    A text longer than the server's own limit is cut there, so `max_tokens` must not be above
    it. `batch_size` is lowered to what the server takes. Tokens are counted by the file
    `tokenizer`, else by the server.
    """


class TeiEmbedder:
    """Sends texts in batches, several at once; the server is first asked what it serves."""

    config_type: ClassVar = TeiEmbedderConfig

    def __init__(self, config: TeiEmbedderConfig) -> None:
        self._config = config
        self._server = TeiServer(config, kind="embedding")
        self._local = LocalSpans(config.tokenizer)

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._config.dimensions

    @property
    def fingerprint(self) -> str:
        """Model, revision, vector length and prefixes; not the address."""
        return hosted.fingerprint("tei", self._config)

    @property
    def max_tokens(self) -> int:
        """Longest text that is read whole."""
        return self._config.max_tokens

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        """Embed `texts` on the server.

        Raises:
            TransientProviderError: the server is busy, down or too slow.
            ProviderError: it serves another model, or refuses the request.
        """
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        info = await self._info()
        batches = list(
            slices(
                hosted.prepared(texts, kind, self._config),
                min(self._config.batch_size, info.max_client_batch_size),
            )
        )
        found = await side_by_side(self._embed, batches, at_once=self._config.at_once)
        return hosted.unit_rows([row for rows in found for row in rows], len(texts), self._config)

    async def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the character span of each token of the whole text.

        A server without the route `/tokenize` has its tokens guessed (`word_pieces`).

        Raises:
            ProviderError: the server counts in another text than the one it was sent.
        """
        if self._config.tokenizer is not None or not text.strip():
            return await self._local.of(text)
        info = await self._info()
        batches = list(slices(pieces(text), info.max_client_batch_size))
        try:
            found = await side_by_side(
                partial(token_spans, self._server), batches, at_once=self._config.at_once
            )
        except StatusError as error:
            if error.status != _NO_ROUTE:
                raise
            return word_pieces(text)
        return [span for spans in found for span in spans]

    async def check(self) -> Health:
        """Ask the server what it serves and have it embed one word."""
        try:
            await self.embed(["ready"], kind=TextKind.QUERY)
            info = await self._info()
        except ProviderError as error:
            return Health(
                status=Status.UNAVAILABLE,
                plugin="tei",
                detail=str(error),
                model=self._config.model,
                dimensions=self.dimensions,
                device="remote",
            )
        return Health(
            status=Status.READY,
            plugin="tei",
            detail=info.software,
            model=info.model_id,
            dimensions=self.dimensions,
            device="remote",
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    async def _info(self) -> TeiInfo:
        info = await self._server.info()
        if info.max_input_length < self._config.max_tokens:
            raise ProviderError(
                f"{self._server.name} reads {info.max_input_length} tokens of a text, but "
                f"embedder.options.max_tokens is {self._config.max_tokens}; lower it"
            )
        return info

    async def _embed(self, texts: Sequence[str]) -> list[object]:
        """Embed one batch."""
        found = await self._server.post(
            "/embed", {"inputs": list(texts), "normalize": True, "truncate": True}
        )
        if not isinstance(found, list) or len(found) != len(texts):
            raise ProviderError(f"{self._server.name} did not give a vector for each text")
        return found
