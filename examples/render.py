"""Renders the sample company's manuals as PDF: cover, contents, outline, running head and foot.

The same sources give the same bytes, so that ingesting the manuals again finds them unchanged.
"""

from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.colors import white
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)
from reportlab.platypus.tableofcontents import TableOfContents

from examples.blocks import blocks
from examples.manual import Manual, all_manuals
from examples.typography import (
    BOLD,
    INK,
    MARGIN_BOTTOM,
    MARGIN_TOP,
    MARGIN_X,
    MUTED,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    REGULAR,
    RULE,
    TEXT_WIDTH,
    Typography,
)

COMPANY = "Wexmarle Kitchen Works"
_CONTENTS = {"en": "Contents", "de": "Inhalt"}
_KIND = {"en": "User manual", "de": "Bedienungsanleitung"}


def render_manuals(target: Path) -> list[Path]:
    """Render every manual into the folder `target` (made if absent); return the files, sorted."""
    target.mkdir(parents=True, exist_ok=True)
    files = []
    for manual in all_manuals():
        file = target / manual.filename
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(render(manual))
        unfinished.replace(file)
        files.append(file)
    return files


def render(manual: Manual) -> bytes:
    """Render one manual as PDF."""
    typography = Typography(manual.accent)
    buffer = BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        title=f"{manual.title}: {manual.models}",
        author=COMPANY,
        subject=f"{_KIND[manual.language]} {manual.number}",
        lang=manual.language,
        invariant=1,
    )
    document.addPageTemplates(_templates(manual, typography))
    document.afterFlowable = partial(_register_heading, document)
    document.multiBuild(_story(manual, typography))
    return buffer.getvalue()


def _templates(manual: Manual, typography: Typography) -> list[Any]:
    cover = Frame(MARGIN_X, MARGIN_BOTTOM, TEXT_WIDTH, PAGE_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM)
    text = Frame(
        MARGIN_X,
        MARGIN_BOTTOM,
        TEXT_WIDTH,
        PAGE_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM,
        leftPadding=0,
        rightPadding=0,
    )
    return [
        PageTemplate("cover", [cover], onPage=partial(_draw_cover, manual, typography)),
        PageTemplate("text", [text], onPage=partial(_draw_running, manual, typography)),
    ]


def _story(manual: Manual, typography: Typography) -> list[Any]:
    contents = TableOfContents()
    contents.levelStyles = [typography.contents(1), typography.contents(2)]
    contents.dotsMinLevel = 0
    contents.tableStyle = TableStyle(
        [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
        + [(f"{side}PADDING", (0, 0), (-1, -1), 0.6) for side in ("TOP", "BOTTOM")]
    )
    return [
        NextPageTemplate("text"),
        PageBreak(),
        Paragraph(_CONTENTS[manual.language], typography.contents_title),
        Spacer(0, 2 * mm),
        contents,
        PageBreak(),
        *blocks(manual.body, typography),
    ]


def _register_heading(document: Any, flowable: Any) -> None:
    """Enter a heading into the outline and, down to sections, into the table of contents."""
    depth = getattr(flowable, "outline_depth", None)
    if depth is None:
        return
    title, canvas = flowable.getPlainText(), document.canv
    key = f"h{document.seq.nextf('heading')}"
    canvas.bookmarkHorizontal(key, 0, document.frame._y + flowable.height)
    canvas.addOutlineEntry(title, key, level=depth - 1, closed=depth > 1)
    if depth <= len(_CONTENTS):
        document.notify("TOCEntry", (depth - 1, title, document.page, key))


def _draw_cover(manual: Manual, typography: Typography, canvas: Any, _document: Any) -> None:
    band = PAGE_HEIGHT * 0.56
    canvas.saveState()
    canvas.setFillColor(typography.accent)
    canvas.rect(0, PAGE_HEIGHT - band, PAGE_WIDTH, band, stroke=0, fill=1)
    _draw_rings(canvas, band)
    canvas.setFillColor(white)
    canvas.setFont(BOLD, 12)
    canvas.drawString(MARGIN_X, PAGE_HEIGHT - 24 * mm, COMPANY)
    canvas.setFont(BOLD, 34)
    canvas.drawString(MARGIN_X, PAGE_HEIGHT - band + 44 * mm, manual.title)
    canvas.setFont(REGULAR, 16)
    canvas.drawString(MARGIN_X, PAGE_HEIGHT - band + 32 * mm, manual.models)
    canvas.setFont(REGULAR, 11)
    canvas.drawString(MARGIN_X, PAGE_HEIGHT - band + 18 * mm, manual.subtitle)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 13)
    canvas.drawString(MARGIN_X, PAGE_HEIGHT - band - 18 * mm, _KIND[manual.language])
    canvas.setFillColor(MUTED)
    canvas.setFont(REGULAR, 10)
    canvas.drawString(MARGIN_X, PAGE_HEIGHT - band - 25 * mm, manual.number)
    canvas.drawString(MARGIN_X, PAGE_HEIGHT - band - 31 * mm, manual.edition)
    canvas.restoreState()


def _draw_rings(canvas: Any, band: float) -> None:
    """Draw the company's mark, the rings of a hob, into the band of the cover."""
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(0, PAGE_HEIGHT - band, PAGE_WIDTH, band)
    canvas.clipPath(clip, stroke=0)
    canvas.setStrokeColor(white)
    canvas.setStrokeAlpha(0.16)
    canvas.setLineWidth(5 * mm)
    for radius in (18, 38, 58, 78):
        canvas.circle(PAGE_WIDTH - 34 * mm, PAGE_HEIGHT - 52 * mm, radius * mm)
    canvas.restoreState()


def _draw_running(manual: Manual, typography: Typography, canvas: Any, document: Any) -> None:
    top, bottom = PAGE_HEIGHT - 15 * mm, 13 * mm
    canvas.saveState()
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN_X, top - 3 * mm, PAGE_WIDTH - MARGIN_X, top - 3 * mm)
    canvas.setFillColor(MUTED)
    canvas.setFont(REGULAR, 8.2)
    canvas.drawString(MARGIN_X, top, manual.title)
    canvas.drawRightString(PAGE_WIDTH - MARGIN_X, top, COMPANY)
    canvas.drawString(MARGIN_X, bottom, manual.number)
    canvas.setFillColor(typography.accent)
    canvas.setFont(BOLD, 9)
    canvas.drawRightString(PAGE_WIDTH - MARGIN_X, bottom, str(document.page))
    canvas.restoreState()
