"""Shows where on a PDF page a quote stands: the page as a picture, the quote as boxes."""

import os
import subprocess
import sys
from dataclasses import replace
from typing import Final

import anyio.to_thread
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from providers.errors import ProviderError, TransientProviderError

TIMEOUT_S: Final = 20.0
"""Longest time for one page; a page of a manual takes a tenth of a second."""
MEMORY_LIMIT_BYTES: Final = 1_000_000_000
MAX_QUOTE_CHARS: Final = 4000
"""Quotes are a sentence or two; a longer one is looked for by its beginning."""


class PageMissingError(ProviderError):
    """The page cannot be shown: there is none of that number, or the file is no PDF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a page, as fractions (0 to 1) of its size from the top left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """A page as PNG, `width` × `height` pixels; `boxes` cover the quote, one a line.

    `boxes` is empty when no quote was asked for or the page does not hold it.
    """

    png: bytes = b""
    width: int
    height: int
    page: int
    pages: int
    boxes: tuple[Box, ...] = ()


_IMAGE = TypeAdapter(PageImage)


async def render_page(data: bytes, *, page: int, quote: str = "") -> PageImage:
    """Draw physical page `page` (from 1) of a PDF and find `quote` on it, in a process apart.

    Raises:
        PageMissingError: there is no such page, or the bytes are not a PDF.
        TransientProviderError: drawing took longer than `TIMEOUT_S`.
    """
    done = await anyio.to_thread.run_sync(_draw, data, page, quote)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise PageMissingError(
            f"page {page} cannot be shown: {said[-1] if said else 'drawing it failed'}"
        )
    head, _, png = done.stdout.partition(b"\n")
    return replace(_IMAGE.validate_json(head), png=png)


def _draw(data: bytes, page: int, quote: str) -> subprocess.CompletedProcess[bytes]:
    arguments = [str(page), quote[:MAX_QUOTE_CHARS].replace("\0", ""), str(MEMORY_LIMIT_BYTES)]
    try:
        return subprocess.run(  # noqa: S603 - our own module; the quote is one argument, no shell
            [sys.executable, "-m", "providers.parser.page_drawing", *arguments],
            input=data,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired as error:
        raise TransientProviderError(
            f"drawing page {page} took longer than {TIMEOUT_S:g} seconds; open the original"
        ) from error
