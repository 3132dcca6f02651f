"""Undoes the compression of a response in small steps, however much it would grow."""

import zlib
from collections.abc import AsyncIterator

from providers.source.fetching.outcomes import NotRead

ACCEPT_ENCODING = "gzip"
_STEP = 64 * 1024
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


async def decoded(parts: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """Yield the content of a body in pieces of at most 64 KiB when it was compressed.

    Raises:
        NotRead: the encoding is none that was asked for, or the data are damaged.
    """
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    if not names or names == ["identity"]:
        async for part in parts:
            yield part
    elif names in (["gzip"], ["x-gzip"], ["deflate"]):
        async for part in _inflated(parts):
            yield part
    else:
        raise NotRead(f"the encoding {encoding[:40]!r} was not asked for", transient=False)


async def _inflated(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        async for part in parts:
            waiting = part
            while waiting and not inflater.eof:
                yield inflater.decompress(waiting, _STEP)
                waiting = inflater.unconsumed_tail
        while rest := inflater.decompress(inflater.unconsumed_tail, _STEP):
            yield rest
    except zlib.error as error:
        raise NotRead(f"the compressed body is damaged: {error}", transient=False) from error
    if not inflater.eof:
        raise NotRead("the compressed body ends too early", transient=True)
