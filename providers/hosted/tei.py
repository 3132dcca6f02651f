"""A server of Hugging Face's Text Embeddings Inference: which model it has, how much it takes.

The routes and fields are those of its HTTP API (`/info`, `/embed`, `/rerank`, `/tokenize`),
as the sources of version 1.9 define them.
"""

import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from providers.errors import ProviderError
from providers.hosted.http_json import JsonClient, ServerUrl

_REMEMBERED_S = 60.0
"""How long the server's description is believed: it may be started anew with another model."""


class TeiOptions(BaseModel):
    """How to reach the server.

    `model` is what the server must serve, by its id or its served name; `revision`, when given,
    is the commit of that model. A server that has another one is refused, because its numbers
    would not be comparable. `at_once` bounds the requests under way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: ServerUrl
    model: str = Field(min_length=1)
    revision: str = ""
    api_key: SecretStr | None = None
    timeout_s: float = Field(default=30.0, gt=0)
    at_once: int = Field(default=4, ge=1, le=64)


class TeiInfo(BaseModel):
    """What `/info` says; fields that the service does not use are left out."""

    model_id: str
    model_sha: str | None = None
    model_dtype: str = ""
    served_model_name: str | None = None
    model_type: Mapping[str, Any]
    max_input_length: int
    max_client_batch_size: int = Field(default=32, ge=1)
    version: str = ""

    @property
    def software(self) -> str:
        """Software and number type, for people."""
        return f"text-embeddings-inference {self.version}, {self.model_dtype}".rstrip(", ")


class TeiServer:
    """One server that serves one model."""

    def __init__(self, options: TeiOptions, *, kind: str) -> None:
        self._options = options
        self._kind = kind
        self._client = JsonClient(options.url, api_key=options.api_key, timeout_s=options.timeout_s)
        self._info: TeiInfo | None = None
        self._known_until = 0.0

    @property
    def name(self) -> str:
        """What messages call the server."""
        return self._client.name

    async def info(self) -> TeiInfo:
        """Return what the server serves, having checked that it is what the options name.

        Raises:
            TransientProviderError: the server does not answer now.
            ProviderError: it serves another model, or a model of another kind.
        """
        known = self._info
        if known is None or time.monotonic() >= self._known_until:
            self._info = None
            known = self._info = self._checked(await self._client.get("/info"))
            self._known_until = time.monotonic() + _REMEMBERED_S
        return known

    async def post(self, path: str, body: object) -> Any:
        """Ask the server; after a failure it has to describe itself again."""
        try:
            return await self._client.post(path, body)
        except ProviderError:
            self._info = None
            raise

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _checked(self, found: object) -> TeiInfo:
        try:
            info = TeiInfo.model_validate(found)
        except ValidationError as error:
            raise ProviderError(
                f"{self.name} does not describe itself as text-embeddings-inference does: "
                f"{error.errors()[0]['msg']}; check options.url"
            ) from error
        wanted = self._options
        if wanted.model not in {info.model_id, info.served_model_name}:
            raise ProviderError(
                f"{self.name} serves {info.model_id!r}, but options.model is {wanted.model!r}"
            )
        if wanted.revision and wanted.revision != info.model_sha:
            raise ProviderError(
                f"{self.name} serves revision {info.model_sha!r} of {info.model_id!r}, but "
                f"options.revision is {wanted.revision!r}"
            )
        if self._kind not in info.model_type:
            raise ProviderError(
                f"{self.name} serves a model of the kind {', '.join(info.model_type)}, not "
                f"{self._kind}"
            )
        return info
