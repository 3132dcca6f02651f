"""The tables and what they refer to as a picture: boxes in columns, parents to the left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from data.schema_docs import TENANTS, TableDoc

_WIDTH: Final = 220
_ROW: Final = 18
_GAP: Final = 24
_LANE: Final = 90
"""Room between two columns of boxes, for the lines."""
_STEP: Final = 40
"""Every other column of boxes begins lower, so that long lines show between them."""
_LONE: Final = 4
"""Boxes in a row of those that stand alone."""
_STYLE: Final = (
    "text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1f2933}"
    ".box{fill:#fff;stroke:#00796b}.head{fill:#00796b}"
    ".name{fill:#fff;font-weight:bold}.mark{fill:#52606d;text-anchor:end}"
    ".line{fill:none;stroke:#52606d;stroke-width:1.2}"
)


@dataclass(frozen=True, slots=True)
class _Box:
    """A table's place; it lists the columns of its keys but the tenant."""

    table: TableDoc
    rows: tuple[tuple[str, str], ...]
    x: int
    y: int

    @property
    def height(self) -> int:
        return _ROW * (len(self.rows) + 1) + 8


def svg(tables: Sequence[TableDoc]) -> str:
    """Draw the tables; the same tables always give the same text."""
    boxes = _placed(tables)
    width = max(box.x + _WIDTH for box in boxes.values()) + _GAP
    height = max(box.y + box.height for box in boxes.values()) + _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Tables and what they refer to</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#f7f9fa"/>',
        *(line for box in boxes.values() for line in _lines(box, boxes)),
        *(line for box in boxes.values() for line in _drawn(box)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _parents(table: TableDoc) -> set[str]:
    return {each.table for each in table.references} - {TENANTS, table.name}


def _depths(tables: Sequence[TableDoc]) -> dict[str, int]:
    """Return for each table how many tables stand in line before it."""
    parents = {table.name: _parents(table) for table in tables}
    depths: dict[str, int] = dict.fromkeys(parents, 0)
    for _ in tables:  # a circle would go on for ever
        for name, above in parents.items():
            depths[name] = max([depths[name], *(depths[parent] + 1 for parent in above)])
            depths[name] = min(depths[name], len(tables))
    return depths


def _placed(tables: Sequence[TableDoc]) -> dict[str, _Box]:
    depths = _depths(tables)
    referred = {parent for table in tables for parent in _parents(table)}
    related = [table for table in tables if _parents(table) or table.name in referred]
    alone = [table for table in tables if table not in related]
    boxes: dict[str, _Box] = {}
    for lane, depth in enumerate(sorted({depths[table.name] for table in related})):
        y = _GAP + lane % 2 * _STEP
        for table in sorted(
            (table for table in related if depths[table.name] == depth),
            key=lambda table: (_height_of_parents(table, boxes), table.name),
        ):
            box = _Box(table, _keys(table), _GAP + lane * (_WIDTH + _LANE), y)
            boxes[table.name] = box
            y += box.height + _GAP
    _place_alone(alone, boxes)
    return boxes


def _place_alone(tables: Sequence[TableDoc], boxes: dict[str, _Box]) -> None:
    """Put the tables without references below the others, row by row."""
    y = max((box.y + box.height for box in boxes.values()), default=0) + 2 * _GAP
    for start in range(0, len(tables), _LONE):
        row = [
            _Box(table, _keys(table), _GAP + column * (_WIDTH + _LANE), y)
            for column, table in enumerate(tables[start : start + _LONE])
        ]
        boxes |= {box.table.name: box for box in row}
        y += max(box.height for box in row) + _GAP


def _height_of_parents(table: TableDoc, boxes: Mapping[str, _Box]) -> float:
    """Return the mean height of the tables it refers to, so that few lines cross."""
    heights = [boxes[parent].y for parent in _parents(table) if parent in boxes]
    return sum(heights) / len(heights) if heights else 0.0


def _keys(table: TableDoc) -> tuple[tuple[str, str], ...]:
    return tuple(
        (column.name, "PK" if column.primary_key else "FK")
        for column in table.columns
        if (column.primary_key or column.foreign_key) and column.name != "tenant_id"
    )


def _drawn(box: _Box) -> list[str]:
    at = f'x="{box.x}" y="{box.y}" width="{_WIDTH}"'
    lines = [
        f'<rect class="box" {at} height="{box.height}" rx="4"/>',
        f'<rect class="head" {at} height="{_ROW + 4}" rx="4"/>',
        f'<text class="name" x="{box.x + 8}" y="{box.y + 15}">{escape(box.table.name)}</text>',
    ]
    for number, (name, mark) in enumerate(box.rows, start=1):
        y = box.y + _ROW * number + 17
        lines.append(f'<text x="{box.x + 8}" y="{y}">{escape(name)}</text>')
        lines.append(f'<text class="mark" x="{box.x + _WIDTH - 8}" y="{y}">{mark}</text>')
    return lines


def _lines(box: _Box, boxes: Mapping[str, _Box]) -> list[str]:
    """Draw a line from each foreign key to the right side of the table it refers to."""
    lines = []
    names = [name for name, _ in box.rows]
    for reference in box.table.references:
        if reference.table in (TENANTS, box.table.name):
            continue
        above = boxes[reference.table]
        own = [names.index(column) for column in reference.columns if column in names]
        row = max(own, default=0)
        start_x, start_y = box.x, box.y + _ROW * (row + 1) + 13
        end_x, end_y = above.x + _WIDTH, above.y + 11
        bend = _LANE // 2
        lines.append(
            f'<path class="line" d="M{start_x} {start_y} C{start_x - bend} {start_y} '
            f'{end_x + bend} {end_y} {end_x} {end_y}"/>'
        )
        lines.append(f'<circle cx="{end_x}" cy="{end_y}" r="3" fill="#00796b"/>')
    return lines
