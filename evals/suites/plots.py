"""Plots as SVG: bars of shares, and a line over time."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LABEL: Final = 210
_WIDTH: Final = 560
_ROW: Final = 24
_HEIGHT: Final = 160
_LEFT: Final = 64


@dataclass(frozen=True, slots=True)
class Bar:
    """A value in 0..1 with its name, and the bounds of its interval if they are known."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


def bars(values: Sequence[Bar], width: int = _WIDTH) -> str:
    """Draw horizontal bars from 0 to 1; `width` is that of a full bar, in pixels."""
    if not values:
        return '<p class="aside">Nothing was measured.</p>'
    height = len(values) * _ROW + 20
    body = "".join(_bar(number, bar, width) for number, bar in enumerate(values))
    marks = [(at, _x(at, width)) for at in (0, 0.25, 0.5, 0.75, 1)]
    grid = "".join(
        f'<line x1="{x}" y1="0" x2="{x}" y2="{height - 18}" stroke="#e2e5ea"/>'
        f'<text x="{x}" y="{height - 4}" text-anchor="middle">{at:g}</text>'
        for at, x in marks
    )
    return _svg(_LABEL + width + 70, height, grid + body)


def _bar(number: int, bar: Bar, width: int) -> str:
    y = number * _ROW + 4
    name = html.escape(bar.name)
    drawn = (
        f'<text x="{_LABEL - 8}" y="{y + 12}" text-anchor="end">{name}</text>'
        f'<rect x="{_LABEL}" y="{y}" width="{max(bar.value, 0) * width:.1f}" height="15" rx="2" '
        f'fill="#2f5fd0"/><text x="{_LABEL + width + 8}" y="{y + 12}">{bar.value:.3f}</text>'
    )
    if bar.low is None or bar.high is None or bar.low == bar.high:
        return drawn
    return drawn + (
        f'<line x1="{_x(bar.low, width)}" y1="{y + 7.5}" x2="{_x(bar.high, width)}" y2="{y + 7.5}" '
        'stroke="#1c1f24" stroke-width="2"/>'
    )


def line(points: Sequence[tuple[str, float]], *, top: float = 1.0) -> str:
    """Draw values over time, each with its name; `top` is the upper end of the scale."""
    if not points:
        return '<p class="aside">Nothing was measured.</p>'
    if len(points) == 1:
        ((name, value),) = points
        return f"<p>{html.escape(name)}: <b>{value:.3f}</b></p>"
    step = _WIDTH / max(len(points) - 1, 1)
    places = [
        (_LEFT + number * step, _HEIGHT * (1 - min(value / top, 1)) + 10)
        for number, (_, value) in enumerate(points)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#2f5fd0"><title>{html.escape(name)}: '
        f"{value:.3f}</title></circle>"
        for (x, y), (name, value) in zip(places, points, strict=True)
    )
    ends = (
        f'<text x="{_LEFT}" y="{_HEIGHT + 28}">{html.escape(points[0][0])}</text>'
        f'<text x="{_LEFT + _WIDTH}" y="{_HEIGHT + 28}" text-anchor="end">'
        f"{html.escape(points[-1][0])}</text>"
        f'<text x="{_LEFT - 8}" y="14" text-anchor="end">{top:.3g}</text>'
        f'<text x="{_LEFT - 8}" y="{_HEIGHT + 12}" text-anchor="end">0</text>'
        f'<line x1="{_LEFT}" y1="{_HEIGHT + 10}" x2="{_LEFT + _WIDTH}" y2="{_HEIGHT + 10}" '
        'stroke="#e2e5ea"/>'
    )
    drawn = f'<polyline points="{path}" fill="none" stroke="#2f5fd0" stroke-width="2"/>'
    return _svg(_WIDTH + _LEFT + 40, _HEIGHT + 36, ends + drawn + dots)


def _svg(width: int, height: int, body: str) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _x(value: float, width: int) -> float:
    return round(_LABEL + value * width, 1)
