"""Embeds with any model that LiteLLM reaches."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from providers.embedder import hosted
from providers.embedder.hosted import HostedOptions, LocalSpans
from providers.errors import ProviderError
from providers.hosted.freshness import Freshness
from providers.hosted.litellm import LiteLlmCalls, LiteLlmOptions
from providers.hosted.side_by_side import side_by_side, slices
from providers.types import Health, Matrix, Status, TextKind, Usage


class LiteLlmEmbedderConfig(HostedOptions, LiteLlmOptions):
    """Options of the `litellm` embedder: which model, and what it is like.

    `send_dimensions` asks the model for vectors of that length (OpenAI's third generation).
    `query_parameters` and `passage_parameters` are sent with texts of that kind only
    (Cohere: `{"input_type": "search_query"}`). Tokens are counted by the file `tokenizer`,
    else guessed (`word_pieces`).
    """

    send_dimensions: bool = False
    query_parameters: Mapping[str, Any] = Field(default_factory=dict)
    passage_parameters: Mapping[str, Any] = Field(default_factory=dict)


class LiteLlmEmbedder:
    """Sends texts in batches, several at once."""

    config_type: ClassVar = LiteLlmEmbedderConfig

    def __init__(self, config: LiteLlmEmbedderConfig) -> None:
        self._config = config
        self._calls = LiteLlmCalls(config)
        self._local = LocalSpans(config.tokenizer)
        self._freshness = Freshness()

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._config.dimensions

    @property
    def fingerprint(self) -> str:
        """Model, revision, vector length, prefixes and parameters; not the address."""
        config = self._config
        sent = [config.parameters, config.query_parameters, config.passage_parameters]
        extra = json.dumps(sent, sort_keys=True, default=str) if any(sent) else ""
        return hosted.fingerprint("litellm", config, extra)

    @property
    def max_tokens(self) -> int:
        """Longest text that is read whole."""
        return self._config.max_tokens

    def bind_usage(self, report: Callable[[str, Usage], None]) -> None:
        """Tell `report` the model and the usage of each call from now on."""
        self._calls.bind_usage(report)

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        """Embed `texts`.

        Raises:
            TransientProviderError: the server is busy, down or too slow.
            ProviderError: it refuses the request or gives other vectors than configured.
        """
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        batches = list(slices(hosted.prepared(texts, kind, self._config), self._config.batch_size))
        found = await side_by_side(
            partial(self._embed, kind), batches, at_once=self._config.at_once
        )
        rows = hosted.unit_rows([row for rows in found for row in rows], len(texts), self._config)
        self._freshness.answered()
        return rows

    async def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the character span of each token of the whole text."""
        return await self._local.of(text)

    async def check(self) -> Health:
        """Embed one word, unless the model has answered within the last minute."""
        try:
            if not self._freshness.fresh:
                await self.embed(["ready"], kind=TextKind.QUERY)
        except ProviderError as error:
            return self._health(Status.UNAVAILABLE, str(error))
        return self._health(Status.READY, "")

    async def aclose(self) -> None:
        """Hold nothing: connections are LiteLLM's."""

    def _health(self, status: Status, detail: str) -> Health:
        return Health(
            status=status,
            plugin="litellm",
            detail=detail,
            model=self._config.model,
            dimensions=self.dimensions,
            device="remote",
        )

    async def _embed(self, kind: TextKind, texts: Sequence[str]) -> list[Any]:
        """Embed one batch; the vectors come with their positions."""
        config = self._config
        given = config.query_parameters if kind is TextKind.QUERY else config.passage_parameters
        if config.send_dimensions:
            given = {**given, "dimensions": config.dimensions}
        reply = await self._calls.call(
            "aembedding", input=list(texts), encoding_format="float", **given
        )
        try:
            found = {int(entry["index"]): entry["embedding"] for entry in reply.data}
            return [found[position] for position in range(len(texts))]
        except (TypeError, KeyError, ValueError) as error:
            raise ProviderError(f"{config.model} did not give a vector for each text") from error
