"""Downloads one item, or finds out from its headers that it need not be downloaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.message import Message
from mimetypes import guess_type
from pathlib import Path

import httpx

from providers.source.fetching.decoding import decoded
from providers.source.fetching.outcomes import LeftOut, NotRead
from providers.source.saving import Saved, save
from providers.source.types import SkipReason, UnchangedBy, Validators

_NOT_MODIFIED = 304
_VAGUE = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server said of an item; `saved` is None when it need not be downloaded.

    `media_type` is guessed when the server is vague, `content_type` is its header.

    `unchanged` says what proved that it is as it was; by its bytes when `saved` is there.
    """

    url: str
    media_type: str
    content_type: str = ""
    etag: str | None
    last_modified: str | None
    filename: str | None
    unchanged: UnchangedBy | None = None
    saved: Saved | None = None

    @property
    def file(self) -> Saved:
        """The file of an item that had to be downloaded."""
        if self.saved is None:
            raise ValueError("an item that need not be downloaded has no file")
        return self.saved


def conditions(known: Validators) -> Mapping[str, str]:
    """Return the headers by which an unchanged item costs no body."""
    headers = {}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Use of a response: into `path`, if `accept` (which raises LeftOut) lets its headers pass."""

    path: Path
    known: Validators
    max_bytes: int
    accept: Callable[[httpx.Response, str], None]

    async def __call__(self, response: httpx.Response) -> Reply:
        """Save the body, unless headers or bytes show that it is known."""
        media_type = _media_type(response)
        reply = Reply(
            url=str(response.request.url),
            media_type=media_type,
            content_type=response.headers.get("content-type", ""),
            etag=response.headers.get("etag"),
            last_modified=response.headers.get("last-modified"),
            filename=_filename(response),
        )
        self.accept(response, media_type)
        if (proof := self._unchanged(response, reply)) is not None:
            return replace(reply, unchanged=proof)
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced[:20]) > self.max_bytes:
            raise LeftOut(SkipReason.TOO_LARGE, f"it is larger than {self.max_bytes} bytes")
        encoding = response.headers.get("content-encoding", "")
        body = decoded(response.aiter_raw(), encoding)
        saved = await save(body, self.path, max_bytes=self.max_bytes)
        same = saved.sha256 == self.known.sha256
        return replace(reply, unchanged=UnchangedBy.SHA256 if same else None, saved=saved)

    def _unchanged(self, response: httpx.Response, reply: Reply) -> UnchangedBy | None:
        """Tell whether the headers suffice; some servers answer 200 with the tag we have."""
        by = UnchangedBy.ETAG if self.known.etag else UnchangedBy.LAST_MODIFIED
        if response.status_code == _NOT_MODIFIED:
            if not conditions(self.known):
                raise NotRead("the server answers 304 to a plain request", transient=False)
            return by
        same = bool(reply.etag) and reply.etag == self.known.etag
        return UnchangedBy.ETAG if same else None


def _media_type(response: httpx.Response) -> str:
    stated = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated not in _VAGUE:
        return str(stated)
    guessed, _ = guess_type(response.request.url.path)
    return guessed or "application/octet-stream"


def _filename(response: httpx.Response) -> str | None:
    header = response.headers.get("content-disposition")
    if not header:
        return None
    message = Message()
    message["Content-Disposition"] = header
    return message.get_filename()
