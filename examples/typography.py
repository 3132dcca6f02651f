"""Sizes, colours and paragraph styles of a rendered manual. Lengths are points (1/72 inch)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN_X = 20 * mm
MARGIN_TOP = 26 * mm
MARGIN_BOTTOM = 22 * mm
TEXT_WIDTH = PAGE_WIDTH - 2 * MARGIN_X

INK = HexColor("#1f2933")
MUTED = HexColor("#647282")
RULE = HexColor("#d5dbe1")
ZEBRA = HexColor("#f5f7f9")

# The standard PDF fonts: no file to embed, and WinAnsi covers German, °, ×, – and •.
REGULAR, BOLD, MONO = "Helvetica", "Helvetica-Bold", "Courier"


@dataclass(frozen=True)
class Tone:
    """Colours of an admonition: its bar and word, and its background."""

    bar: str
    background: str


DANGER = Tone(bar="#b3261e", background="#fdf0ef")
CARE = Tone(bar="#b26a00", background="#fff6e8")
CALM = Tone(bar="#2b6cb0", background="#eef5fc")

TONES = {
    "DANGER": DANGER,
    "WARNING": DANGER,
    "CAUTION": CARE,
    "NOTE": CALM,
    "TIP": CALM,
    "GEFAHR": DANGER,
    "WARNUNG": DANGER,
    "VORSICHT": CARE,
    "HINWEIS": CALM,
    "TIPP": CALM,
}
"""What the first bold word of a block quote makes of it."""


class Typography:
    """The styles of one manual, coloured by its accent."""

    def __init__(self, accent: str) -> None:
        self.accent: Color = HexColor(accent)
        self._accent_code = accent

    @cached_property
    def body(self) -> Any:
        """Running text."""
        return ParagraphStyle(
            "body", fontName=REGULAR, fontSize=9.8, leading=14, textColor=INK, spaceAfter=6
        )

    @cached_property
    def cell(self) -> Any:
        """Text of a table cell."""
        return ParagraphStyle("cell", self.body, fontSize=8.8, leading=11.5, spaceAfter=0)

    @cached_property
    def head_cell(self) -> Any:
        """Text of a table's header."""
        return ParagraphStyle("head_cell", self.cell, fontName=BOLD, textColor=white)

    @cached_property
    def item(self) -> Any:
        """Text of a list item."""
        return ParagraphStyle("item", self.body, spaceAfter=3)

    @cached_property
    def contents_title(self) -> Any:
        """The words above the table of contents; no heading of the outline."""
        return ParagraphStyle("contents_title", self.heading(1), spaceBefore=0)

    def heading(self, depth: int) -> Any:
        """Return the style of a chapter (1), a section (2) or a subsection (3)."""
        size, before, after = {1: (18, 20, 9), 2: (12.8, 13, 5), 3: (10.6, 9, 4)}[depth]
        return ParagraphStyle(
            f"heading{depth}",
            fontName=BOLD,
            fontSize=size,
            leading=size * 1.22,
            spaceBefore=before,
            spaceAfter=after,
            textColor=self.accent if depth == 1 else INK,
            keepWithNext=True,
        )

    def contents(self, depth: int) -> Any:
        """Return the style of an entry of the table of contents."""
        return ParagraphStyle(
            f"contents{depth}",
            fontName=BOLD if depth == 1 else REGULAR,
            fontSize=10 if depth == 1 else 9.2,
            leading=13 if depth == 1 else 12.4,
            leftIndent=0 if depth == 1 else 6 * mm,
            rightIndent=10 * mm,
            spaceBefore=3 if depth == 1 else 0,
            textColor=INK,
        )
