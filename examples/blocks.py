"""Turns the Markdown of a manual into what reportlab sets: paragraphs, lists, tables, boxes."""

import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import (
    CondPageBreak,
    HRFlowable,
    ListFlowable,
    ListItem,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from examples.typography import (
    BOLD,
    CALM,
    MONO,
    MUTED,
    REGULAR,
    RULE,
    TEXT_WIDTH,
    TONES,
    ZEBRA,
    Typography,
)

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_CELL_PADDING = 6
_MAX_DEPTH = 3
_SHORT_TABLE_ROWS = 9
_WRAPS = {
    "strong": ("<b>", "</b>"),
    "em": ("<i>", "</i>"),
    "link": ("", ""),
}


def blocks(body: str, typography: Typography) -> list[Any]:
    """Set a manual's Markdown; `##` is a chapter, `###` a section, `####` a subsection."""
    root = SyntaxTreeNode(_MARKDOWN.parse(body))
    return [flowable for node in root.children for flowable in _block(node, typography)]


def _block(node: SyntaxTreeNode, typography: Typography) -> list[Any]:
    setters: dict[str, Callable[[SyntaxTreeNode, Typography], list[Any]]] = {
        "heading": _heading,
        "paragraph": _paragraph,
        "bullet_list": _list,
        "ordered_list": _list,
        "blockquote": _admonition,
        "table": _table,
        "hr": _rule,
    }
    if node.type not in setters:
        raise ValueError(f"a manual cannot hold {node.type!r}")
    return setters[node.type](node, typography)


def _heading(node: SyntaxTreeNode, typography: Typography) -> list[Any]:
    depth = min(int(node.tag[1:]) - 1, _MAX_DEPTH)
    heading = Paragraph(_inline(node), typography.heading(depth))
    heading.outline_depth = depth
    # A heading needs room for itself and some text below, or it moves to the next page.
    return [CondPageBreak(150 if depth == 1 else 90), heading]


def _paragraph(node: SyntaxTreeNode, typography: Typography) -> list[Any]:
    return [Paragraph(_inline(node), typography.body)]


def _rule(_node: SyntaxTreeNode, _typography: Typography) -> list[Any]:
    return [HRFlowable(width="100%", color=RULE, spaceBefore=4, spaceAfter=8)]


def _list(node: SyntaxTreeNode, typography: Typography) -> list[Any]:
    items = [
        ListItem([flowable for block in item.children for flowable in _in_item(block, typography)])
        for item in node.children
    ]
    ordered = node.type == "ordered_list"
    numbering = {"start": int(node.attrs.get("start", 1)), "bulletFormat": "%s."} if ordered else {}
    return [
        ListFlowable(
            items,
            bulletType="1" if ordered else "bullet",
            bulletFontName=BOLD if ordered else REGULAR,
            bulletFontSize=9.8 if ordered else 11,
            bulletOffsetY=0,
            bulletColor=typography.accent,
            leftIndent=20,
            **({} if ordered else {"start": "•"}),
            **numbering,
        ),
        Spacer(0, 4),
    ]


def _in_item(node: SyntaxTreeNode, typography: Typography) -> list[Any]:
    if node.type == "paragraph":
        return [Paragraph(_inline(node), typography.item)]
    return _block(node, typography)


def _admonition(node: SyntaxTreeNode, typography: Typography) -> list[Any]:
    inner = [flowable for child in node.children for flowable in _in_item(child, typography)]
    word = re.match(r"<b>(\w+)", inner[0].text if hasattr(inner[0], "text") else "")
    tone = TONES.get(word.group(1).upper(), CALM) if word else CALM
    box = Table([[inner]], colWidths=[TEXT_WIDTH])
    box.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), HexColor(tone.background)),
                ("LINEBEFORE", (0, 0), (0, -1), 3, HexColor(tone.bar)),
                ("LEFTPADDING", (0, 0), (-1, -1), 11),
                ("TOPPADDING", (0, 0), (-1, -1), 7),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            ]
        )
    )
    box.spaceBefore, box.spaceAfter = 3, 9
    return [box]


def _table(node: SyntaxTreeNode, typography: Typography) -> list[Any]:
    rows = [row.children for part in node.children for row in part.children]
    cells = [
        [Paragraph(_inline(cell), typography.head_cell if not i else typography.cell) for cell in r]
        for i, r in enumerate(rows)
    ]
    table = Table(cells, colWidths=_widths([[_plain(c) for c in r] for r in rows]), repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), typography.accent),
                ("ROWBACKGROUNDS", (0, 1), (-1, -1), [None, ZEBRA]),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.8, MUTED),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
                ("RIGHTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
                ("TOPPADDING", (0, 0), (-1, -1), 3.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4.5),
            ]
        )
    )
    table.spaceBefore, table.spaceAfter = 3, 11
    if len(rows) <= _SHORT_TABLE_ROWS:
        table.setStyle(TableStyle([("NOSPLIT", (0, 0), (-1, -1))]))
        return [table]
    # The spacer ends what a heading above is kept with: a long table may break.
    return [Spacer(0, 1), table]


def _widths(rows: list[list[str]]) -> list[float]:
    """Share the text width: each column gets its longest word at least, then by its text."""
    columns = list(zip(*rows, strict=True))
    pad = 2 * _CELL_PADDING + 2
    least = [max(_width(word) for text in column for word in text.split(" ")) for column in columns]
    want = [max(_width(text) for text in column) for column in columns]
    least = [pad + width for width in least]
    spare = TEXT_WIDTH - sum(least)
    extra = [max(pad + wide - narrow, 1.0) for wide, narrow in zip(want, least, strict=True)]
    # Square roots keep one long column from starving the others of a second word.
    shares = [min(room, TEXT_WIDTH) ** 0.75 for room in extra]
    return [
        narrow + spare * share / sum(shares) for narrow, share in zip(least, shares, strict=True)
    ]


def _width(text: str) -> float:
    return float(stringWidth(text, BOLD, 8.8))


def _plain(node: SyntaxTreeNode) -> str:
    return re.sub(r"<[^>]+>", "", _inline(node))


def _inline(node: SyntaxTreeNode) -> str:
    """Write a node's text as the markup of a reportlab paragraph."""
    if node.type == "text":
        return escape(node.content)
    if node.type == "code_inline":
        return f'<font name="{MONO}">{escape(node.content)}</font>'
    if node.type in {"softbreak", "hardbreak"}:
        return " " if node.type == "softbreak" else "<br/>"
    opening, closing = _WRAPS.get(node.type, ("", ""))
    return opening + "".join(_inline(child) for child in node.children) + closing
