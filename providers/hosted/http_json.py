"""Requests of JSON to one server, without retries: those are the graph's."""

from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, HttpUrl, SecretStr

from providers.errors import ProviderError, TransientProviderError

_OK = 200
_FIRST_ERROR = 400
_KEY_REFUSED = frozenset({401, 403})
_MAY_PASS = frozenset({408, 425, 429})
_SERVER_ERRORS = 500
_SHOWN = 300
"""Characters of a server's message that an error repeats."""


def _without_credentials(url: HttpUrl) -> HttpUrl:
    if url.username or url.password:
        raise ValueError("an address holds no user and password; use api_key")
    return url


ServerUrl = Annotated[HttpUrl, AfterValidator(_without_credentials)]
"""Address of a server: http or https, and no secret, since it is kept with each index."""


class StatusError(ProviderError):
    """The server refused a request for good; `status` is the HTTP status."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class JsonClient:
    """A pool of connections to one server, opened when it is first used."""

    def __init__(self, url: HttpUrl, *, api_key: SecretStr | None, timeout_s: float) -> None:
        self._url = str(url).rstrip("/")
        self._name = f"the server at {url.host}:{url.port}"
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    @property
    def name(self) -> str:
        """What messages call the server; without path, user and password."""
        return self._name

    async def get(self, path: str) -> Any:
        """Return the JSON at `path`; raises as `post` does."""
        return await self._request("GET", path, None)

    async def post(self, path: str, body: object) -> Any:
        """Send `body` to `path` and return the JSON of the reply.

        Raises:
            TransientProviderError: no reply in time, a lost connection, or status 408, 425,
                429 or from 500.
            StatusError: any other status than 200.
            ProviderError: the reply is no JSON.
        """
        return await self._request("POST", path, body)

    async def aclose(self) -> None:
        """Close the connections; the next request opens others."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            headers = {"Accept": "application/json"}
            if self._api_key is not None:
                headers["Authorization"] = f"Bearer {self._api_key.get_secret_value()}"
            self._client = httpx.AsyncClient(headers=headers, timeout=self._timeout_s)
        return self._client

    async def _request(self, method: str, path: str, body: object) -> Any:
        try:
            response = await self._opened().request(method, self._url + path, json=body)
        except httpx.TimeoutException as error:
            raise TransientProviderError(
                f"{self._name} gave no reply within {self._timeout_s:g} s"
            ) from error
        except httpx.HTTPError as error:
            raise TransientProviderError(
                f"{self._name} cannot be reached: {str(error) or type(error).__name__}"
            ) from error
        if response.status_code != _OK:
            raise self._failure(response)
        try:
            return response.json()
        except ValueError as error:
            raise ProviderError(f"{self._name} replied with something else than JSON") from error

    def _failure(self, response: httpx.Response) -> ProviderError:
        status = response.status_code
        message = f"{self._name} replied {status}: {_said(response)}"
        if status in _MAY_PASS or status >= _SERVER_ERRORS:
            return TransientProviderError(message)
        if status in _KEY_REFUSED:
            message += "; options.api_key is missing or wrong"
        if status < _FIRST_ERROR:
            message += "; redirects are not followed, give the final address in options.url"
        return StatusError(message, status)


def _said(response: httpx.Response) -> str:
    """Return the server's own message, shortened."""
    try:
        found = response.json()
    except ValueError:
        found = response.text
    if isinstance(found, dict):
        found = found.get("error", found.get("message", found))
    return str(found)[:_SHOWN] or response.reason_phrase
