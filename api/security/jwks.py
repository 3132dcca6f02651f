"""The public keys of an identity provider, from a file or a URL."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
import httpx
import jwt
import structlog

from service.errors import SettingsError
from service.settings import JwtSettings

Fetch = Callable[[], Awaitable[bytes]]
LIFESPAN_S = 300.0
"""Seconds after which keys are read again; the usual cache time of identity providers."""
COOLDOWN_S = 30.0
"""Seconds between two readings that an unknown key id causes, so that nobody can force them."""
_TIMEOUT_S = 5.0
_MAX_BYTES = 2**20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_log = structlog.get_logger(__name__)


class KeysUnavailableError(Exception):
    """The keys cannot be read, and none were read before."""


class Jwks:
    """Signing keys by key id; read again when old, or when an unknown key id turns up."""

    def __init__(
        self,
        fetch: Fetch,
        *,
        lifespan_s: float = LIFESPAN_S,
        cooldown_s: float = COOLDOWN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._lifespan_s = lifespan_s
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._tried_at: float | None = None

    async def key(self, kid: str | None) -> jwt.PyJWK | None:
        """Return the key of that id, or None; without an id, the only key there is.

        Raises:
            KeysUnavailableError: no keys could be read so far.
        """
        await self._refresh(older_than_s=self._lifespan_s)
        if (found := self._find(kid)) is None:
            await self._refresh(older_than_s=self._cooldown_s)
            found = self._find(kid)
        if not self._keys:
            raise KeysUnavailableError
        return found

    def _find(self, kid: str | None) -> jwt.PyJWK | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    async def _refresh(self, *, older_than_s: float) -> None:
        async with self._lock:
            if self._tried_at is not None and self._clock() - self._tried_at < older_than_s:
                return
            self._tried_at = self._clock()
            try:
                found = usable_keys(json.loads(await self._fetch()))
            except (OSError, ValueError, httpx.HTTPError) as error:
                _log.warning("jwks.unreadable", error=str(error), kept=len(self._keys))
                return
            self._keys = found


def usable_keys(document: Any) -> dict[str | None, jwt.PyJWK]:
    """Pick the public signing keys of a JWK set; symmetric keys are never among them.

    Raises:
        ValueError: it is not a JWK set.
    """
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise ValueError("a JWK set is an object with a list of 'keys'")  # noqa: TRY004 - one kind
    found: dict[str | None, jwt.PyJWK] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or entry.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        if entry.get("use", "sig") != "sig":
            continue
        try:
            found[entry.get("kid")] = jwt.PyJWK(dict(entry))
        except jwt.PyJWTError as error:
            _log.warning("jwks.key_skipped", kid=entry.get("kid"), error=str(error))
    return found


def jwks_of(settings: JwtSettings) -> Jwks:
    """Build the key source that the settings name.

    Raises:
        SettingsError: neither or both of file and URL are given, or the URL is not https.
    """
    if (settings.jwks_file is None) == (settings.jwks_url is None):
        raise SettingsError("auth.jwt: give either jwks_file or jwks_url")
    if settings.jwks_file is not None:
        return Jwks(_from_file(settings.jwks_file))
    url = settings.jwks_url or ""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise SettingsError(f"auth.jwt.jwks_url: {url!r} must begin with https://")
    return Jwks(_from_url(url))


def _from_file(path: Path) -> Fetch:
    async def fetch() -> bytes:
        return await anyio.to_thread.run_sync(path.read_bytes)

    return fetch


def _from_url(url: str) -> Fetch:
    async def fetch() -> bytes:
        body = bytearray()
        async with (
            httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MAX_BYTES:
                    raise ValueError(f"{url} sends more than {_MAX_BYTES} bytes")
        return bytes(body)

    return fetch
