"""The report's part on time: the slowest runs side by side, each step as a bar."""

import html as text
from collections.abc import Mapping, Sequence
from typing import Final

from evals.suites import html
from providers.telemetry import SpanKind
from service.tracing.schemas import SpanRead, TraceTree

MOST_STEPS: Final = 24
_WIDTH: Final = 180
_HEIGHT: Final = 12
_SHOWN: Final = frozenset({SpanKind.GRAPH, SpanKind.NODE, SpanKind.GENERATION})
"""What a reader can act on; calls of other providers stand in `cicerone traces show`."""
_COLOURS: Final[Mapping[str, str]] = {
    SpanKind.GRAPH: "#5b626d",
    SpanKind.NODE: "#2f5fd0",
    SpanKind.GENERATION: "#8a6100",
}


def slowest(trees: Sequence[TraceTree]) -> str:
    """Draw runs, the slowest first."""
    if not trees:
        said = "No run was recorded in these days."
        return section(f'<p class="aside">{said}</p>')
    return section(f'<div class="two">{"".join(map(_run, trees))}</div>')


def section(body: str) -> str:
    """Put the heading above what there is to say."""
    return html.section("Slowest runs, step by step", body)


def _run(tree: TraceTree) -> str:
    trace = tree.trace
    tone = {"ok": "good", "failed": "bad"}.get(trace.state, "fair")
    shown = [span for span in tree.spans if span.kind in _SHOWN]
    above = {span.span_id: span.parent_id for span in tree.spans}
    begin = min((span.started_at.timestamp() for span in shown), default=0.0)
    whole_ms = max(_end_ms(span, begin) for span in shown) if shown else 0.0
    rows = "".join(_step(span, above, begin, whole_ms) for span in shown[:MOST_STEPS])
    left = len(shown) - MOST_STEPS + tree.left_out
    more = f'<p class="aside">{left} more steps</p>' if left > 0 else ""
    return (
        f'<div class="turn"><h3>{text.escape(trace.asked or "(not kept)")}</h3>'
        f'<p class="aside">{text.escape(trace.name)} · <span class="{tone}">{trace.state}</span> · '
        f"{trace.duration_ms:.0f} ms · {trace.started_at:%Y-%m-%d %H:%M} UTC · "
        f"{text.escape(trace.trace_id)}</p>"
        '<table><thead><tr><th>step</th><th class="n">ms</th><th>when</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>{more}</div>"
    )


def _step(span: SpanRead, above: Mapping[str, str | None], begin: float, whole_ms: float) -> str:
    inset = "\N{NO-BREAK SPACE}" * 2 * _depth(span.span_id, above)
    tone = "bad" if span.error else ""
    return (
        f'<tr><td class="{tone}">{inset}{text.escape(span.name)}</td>'
        f'<td class="n">{span.duration_ms:.1f}</td><td>{_bar(span, begin, whole_ms)}</td></tr>'
    )


def _bar(span: SpanRead, begin: float, whole_ms: float) -> str:
    scale = _WIDTH / whole_ms if whole_ms else 0.0
    x = (span.started_at.timestamp() - begin) * 1000 * scale
    width = max(span.duration_ms * scale, 1.0)
    colour = "#b3261e" if span.error else _COLOURS[span.kind]
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">'
        f"<title>{text.escape(span.error or f'{span.duration_ms:.1f} ms')}</title>"
        f'<rect x="{min(x, _WIDTH - 1):.1f}" y="1" width="{width:.1f}" height="{_HEIGHT - 2}" '
        f'rx="2" fill="{colour}"/></svg>'
    )


def _end_ms(span: SpanRead, begin: float) -> float:
    return (span.started_at.timestamp() - begin) * 1000 + span.duration_ms


def _depth(span_id: str, above: Mapping[str, str | None]) -> int:
    """Count the steps that a step is a part of; those of another process are not known."""
    depth, parent = 0, above.get(span_id)
    while parent is not None and parent in above and depth < MOST_STEPS:
        depth, parent = depth + 1, above[parent]
    return depth
