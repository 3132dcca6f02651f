"""Draws what a citation points to: the printed page with the quote marked, or the passage."""

import base64
import html
import re
from typing import Final

from providers.parser.page_image import Box, PageImage

_SPACE: Final = re.compile(r"\s+")


def page_html(image: PageImage, *, source: str) -> str:
    """Draw a page of a PDF; the marks lie over the picture, so they stay sharp at any size."""
    data = base64.b64encode(image.png).decode("ascii")
    marks = "".join(_mark(box) for box in image.boxes)
    said = f"Page {image.page} of {source}" + (", with the quote marked" if image.boxes else "")
    return (
        f'<div class="sheet" style="aspect-ratio: {image.width} / {image.height}">'
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(said)}" '
        f'width="{image.width}" height="{image.height}">{marks}</div>'
    )


def _mark(box: Box) -> str:
    return (
        f'<span class="mark" aria-hidden="true" style="left:{box.left:.3%};top:{box.top:.3%};'
        f'width:{box.width:.3%};height:{box.height:.3%}"></span>'
    )


def passage_html(text: str, quote: str) -> str:
    """Draw a passage of a document without pages, the quote in it marked."""
    start, end = locate(text, quote)
    before, marked, after = text[:start], text[start:end], text[end:]
    inner = html.escape(before)
    if marked:
        inner += f"<mark>{html.escape(marked)}</mark>"
    inner += html.escape(after)
    return f'<div class="passage">{inner}</div>'


def locate(text: str, quote: str) -> tuple[int, int]:
    """Return where a quote stands in a text, whatever its white space; (0, 0) if nowhere."""
    words = [re.escape(word) for word in _SPACE.split(quote.strip()) if word]
    if not words:
        return 0, 0
    found = re.search(r"\s+".join(words), text)
    return found.span() if found else (0, 0)


def quote_html(quote: str, *, marked: bool) -> str:
    """Draw the quoted words, and say so when they could not be marked on the page."""
    aside = (
        ""
        if marked
        else '<p class="aside small">These words could not be marked on the page: it may print '
        "them in another order.</p>"
    )
    return f'<blockquote class="quoted">{html.escape(quote)}</blockquote>{aside}'
