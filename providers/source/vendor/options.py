"""How a vendor's interface is described."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from providers.source.fetching.options import NetworkOptions


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OAuth2(_Part):
    """Client credentials (RFC 6749, 4.4): where tokens come from, and who asks.

    `send` says where id and secret stand: in a `basic` header or in the `body`. `extra` are
    further fields of the request, such as `audience`.
    """

    token_url: str
    client_id: str
    client_secret: SecretStr
    scope: str | None = None
    send: Literal["basic", "body"] = "basic"
    extra: Mapping[str, str] = Field(default_factory=dict)


class Signing(_Part):
    """Signs each request: HMAC-SHA256, hexadecimal, over four lines joined by line feeds.

    The lines are the method, the path with its query, the timestamp (seconds since 1970) and
    the SHA-256 of the body in hexadecimal. The three headers carry key id, timestamp and
    signature.
    """

    key_id: str
    secret: SecretStr
    key_header: str = "X-Key-Id"
    timestamp_header: str = "X-Timestamp"
    signature_header: str = "X-Signature"


class ByPage(_Part):
    """Pages are numbered from `first`; a page without items, or a short one, is the last."""

    style: Literal["page"] = "page"
    param: str = "page"
    first: int = 1
    size_param: str | None = None
    size: int | None = Field(default=None, ge=1)


class ByOffset(_Part):
    """Each page begins at an offset; a page without items, or a short one, is the last."""

    style: Literal["offset"] = "offset"
    param: str = "offset"
    limit_param: str = "limit"
    limit: int = Field(default=100, ge=1)


class ByCursor(_Part):
    """Each page holds at `next` the cursor of the one after; without it, it is the last."""

    style: Literal["cursor"] = "cursor"
    param: str = "cursor"
    next: str


class ByLink(_Part):
    """Each page names the one after in its `Link` header (RFC 8288, `rel="next"`)."""

    style: Literal["link"] = "link"


Pagination = Annotated[ByPage | ByOffset | ByCursor | ByLink, Field(discriminator="style")]


class Listing(_Part):
    """The list of documents: below `base_url`, with its items at the dotted path `items`."""

    path: str
    query: Mapping[str, str] = Field(default_factory=dict)
    items: str = ""
    pagination: Pagination | None = None
    max_pages: int = Field(default=1000, ge=1)


class ItemFields(_Part):
    """Dotted paths within an item; `download` is an address, or one below `base_url`.

    Give `etag` or `updated_at`, and what has not changed is not downloaded.
    """

    id: str
    download: str
    name: str | None = None
    licence: str | None = None
    updated_at: str | None = None
    etag: str | None = None
    media_type: str | None = None


class VendorApiConfig(NetworkOptions):
    """Options of the `vendor_api` source.

    `headers` are sent with every request to the origin of `base_url`, like the token and the
    signature; other origins never see them. `requests_per_second` is the vendor's limit. A
    list that is empty all at once is taken for a fault, unless it `may_be_empty`.
    """

    base_url: str
    listing: Listing
    fields: ItemFields
    oauth2: OAuth2 | None = None
    signing: Signing | None = None
    headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    requests_per_second: float = Field(default=2, gt=0)
    delay_s: float = Field(default=0, ge=0)
    may_be_empty: bool = False

    @model_validator(mode="after")
    def _is_web(self) -> Self:
        for address in (self.base_url, *([self.oauth2.token_url] if self.oauth2 else [])):
            if httpx.URL(address).scheme not in {"http", "https"}:
                raise ValueError(f"{address[:200]!r} is no address of http or https")
        return self

    @property
    def interval_s(self) -> float:
        """Seconds between two requests."""
        return max(self.delay_s, 1 / self.requests_per_second)
