"""Proves to a vendor who asks: tokens, signatures and fixed headers, for its origin alone."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus, urlencode

import httpx
from pydantic_core import from_json

from providers.source.fetching.client import Ask, WebClient
from providers.source.fetching.decoding import decoded
from providers.source.fetching.outcomes import LeftOut, NotRead, NotThere
from providers.source.vendor.options import OAuth2, Signing, VendorApiConfig

_MAX_BYTES = 16 << 20
_EARLY_S = 30.0
_DEFAULT_LIFE_S = 300.0


def canonical(method: str, target: str, timestamp: str, body: bytes) -> bytes:
    """Return what a request's signature covers; `target` is the path with its query."""
    return "\n".join((method, target, timestamp, hashlib.sha256(body).hexdigest())).encode()


def signed_headers(
    signing: Signing, method: str, url: httpx.URL, body: bytes = b"", *, now: float
) -> dict[str, str]:
    """Return the headers that sign a request."""
    timestamp = str(int(now))
    target = url.raw_path.decode("ascii")
    digest = hmac.new(
        signing.secret.get_secret_value().encode(),
        canonical(method, target, timestamp, body),
        hashlib.sha256,
    )
    return {
        signing.key_header: signing.key_id,
        signing.timestamp_header: timestamp,
        signing.signature_header: digest.hexdigest(),
    }


class Access:
    """Makes the headers of each request, and gets a token when there is none that is good."""

    def __init__(self, config: VendorApiConfig, *, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._origin = _origin(httpx.URL(config.base_url))
        self._token: str | None = None
        self._good_until = 0.0

    def headers(self, url: httpx.URL) -> Mapping[str, str]:
        """Return what a GET of `url` needs; another origin gets nothing."""
        if _origin(url) != self._origin:
            return {}
        found = {name: value.get_secret_value() for name, value in self._config.headers.items()}
        if self._token is not None:
            found["Authorization"] = f"Bearer {self._token}"
        if self._config.signing is not None:
            found |= signed_headers(self._config.signing, "GET", url, now=self._clock())
        return found

    async def ready(self, client: WebClient) -> None:
        """Have a token, if the vendor wants one; it is kept until shortly before it expires.

        Raises:
            NotRead: the vendor gives none.
        """
        oauth2 = self._config.oauth2
        if oauth2 is None or (self._token and self._clock() < self._good_until):
            return
        try:
            answer = await client.fetch(_token_request(oauth2), read_json)
        except (LeftOut, NotThere) as ending:
            raise NotRead(
                f"no token from {oauth2.token_url}: {ending}", transient=False
            ) from ending
        except NotRead as ending:
            raise NotRead(
                f"no token from {oauth2.token_url}: {ending}",
                transient=ending.transient,
                retry_after_s=ending.retry_after_s,
            ) from ending
        self._keep(answer)

    def forget(self) -> None:
        """Drop the token: the vendor does not take it any more."""
        self._token = None

    def _keep(self, answer: object) -> None:
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise NotRead("the answer to the request for a token holds none", transient=False)
        life = answer.get("expires_in")
        life_s = float(life) if isinstance(life, int | float) else _DEFAULT_LIFE_S
        self._token = answer["access_token"]
        self._good_until = self._clock() + max(life_s - _EARLY_S, life_s / 2)


async def read_json(response: httpx.Response) -> object:
    """Read a JSON body of at most 16 MiB."""
    body = bytearray()
    async for part in decoded(response.aiter_raw(), response.headers.get("content-encoding", "")):
        body += part
        if len(body) > _MAX_BYTES:
            raise NotRead(f"the answer is larger than {_MAX_BYTES} bytes", transient=False)
    try:
        found: object = from_json(bytes(body))
    except ValueError as error:
        raise NotRead(f"the answer is not JSON: {error}", transient=False) from error
    return found


def _token_request(oauth2: OAuth2) -> Ask:
    secret = oauth2.client_secret.get_secret_value()
    form = {"grant_type": "client_credentials", **oauth2.extra}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if oauth2.scope:
        form["scope"] = oauth2.scope
    if oauth2.send == "body":
        form |= {"client_id": oauth2.client_id, "client_secret": secret}
    else:
        pair = f"{quote_plus(oauth2.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Ask(
        url=oauth2.token_url,
        method="POST",
        headers=lambda _: headers,
        content=urlencode(form).encode(),
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
