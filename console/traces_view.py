"""Draws traces, as a list and as a tree, as HTML."""

import html
from collections.abc import Iterable, Mapping
from typing import Any, Final

from console.wording import ago, count
from service.tracing.schemas import SpanRead, TracePage, TraceRead, TraceTree

_COLUMNS: Final = ("Asked", "Run", "State", "Time", "Tokens", "Cost", "When")
_STATES: Final = {
    "ok": ("Done", "good"),
    "stopped": ("Broken off", "note"),
    "failed": ("Failed", "bad"),
}
_SHOWN: Final = ("passages", "findings", "rule", "action", "outcome", "reason", "cached", "variant")
_DEEP: Final = 12
"""Steps below this one are drawn no further to the right."""


def list_html(page: TracePage) -> str:
    """Draw the list; each trace links to its tree."""
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    body = "".join(map(_row, page.traces))
    return f'<table class="traces"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def tree_html(found: TraceTree) -> str:
    """Draw a trace with its steps, each with a bar that shows when it ran."""
    trace = found.trace
    steps = _in_order(found.spans)
    began = min((span.started_at for span in found.spans), default=trace.started_at)
    rows = "".join(
        _step(span, depth, (span.started_at - began).total_seconds() * 1000, trace.duration_ms)
        for span, depth in steps
    )
    more = (
        f'<p class="aside small">{count(found.left_out, "more step")}</p>' if found.left_out else ""
    )
    return (
        f'<p class="standing">{_state(trace)} · {_ms(trace.duration_ms)} · '
        f"{trace.input_tokens + trace.output_tokens:,} tokens · {trace.cost_usd:.6f} USD</p>"
        f'<p class="asked">{html.escape(trace.asked or "")}</p>'
        f'<p class="aside small">Trace {trace.trace_id} · personal data is masked</p>'
        '<table class="steps"><thead><tr><th scope="col">Step</th><th scope="col">Time</th>'
        f'<th scope="col">Ran</th><th scope="col">What</th></tr></thead><tbody>{rows}</tbody>'
        f"</table>{more}"
    )


def _row(trace: TraceRead) -> str:
    asked = html.escape(trace.asked or trace.name)
    exact = trace.started_at.strftime("%Y-%m-%d %H:%M:%S")
    cost = f"{trace.cost_usd:.6f}" if trace.cost_usd else "–"
    return (
        f'<tr><td class="name"><a href="traces?id={trace.trace_id}">{asked}</a></td>'
        f"<td>{html.escape(trace.name)}</td><td>{_state(trace)}</td>"
        f'<td class="figure">{_ms(trace.duration_ms)}</td>'
        f'<td class="figure">{trace.input_tokens + trace.output_tokens:,}</td>'
        f'<td class="figure">{cost}</td>'
        f'<td><time datetime="{trace.started_at.isoformat()}" title="{exact}">'
        f"{ago(trace.started_at)}</time></td></tr>"
    )


def _state(trace: TraceRead) -> str:
    said, tone = _STATES[trace.state]
    return f'<span class="status {tone}">{said}</span>'


def _step(span: SpanRead, depth: int, offset_ms: float, whole_ms: float) -> str:
    whole = max(whole_ms, 1e-6)
    left = min(max(offset_ms / whole, 0.0), 1.0)
    width = min(span.duration_ms / whole, 1.0 - left)
    name, indent = html.escape(span.name), 0.75 + min(depth, _DEEP) * 1.1
    failed = f'<span class="why">{html.escape(span.error)}</span>' if span.error else ""
    return (
        f'<tr class="{html.escape(span.kind)}{" failed" if span.error else ""}">'
        f'<td class="name" style="padding-left: {indent:.2f}rem">{name}</td>'
        f'<td class="figure">{_ms(span.duration_ms)}</td>'
        f'<td class="ran" aria-hidden="true"><span style="margin-left: {left:.2%}; '
        f'width: max({width:.2%}, 2px)"></span></td>'
        f'<td class="what">{html.escape(_what(span.attributes))}{failed}</td></tr>'
    )


def _what(said: Mapping[str, Any]) -> str:
    parts = []
    if said.get("model"):
        parts.append(str(said["model"]))
    if said.get("prompt_name"):
        parts.append(f"{said['prompt_name']} {said['prompt_version']}")
    if "input_tokens" in said:
        parts.append(f"{said['input_tokens'] + said.get('output_tokens', 0):,} tokens")
    parts += [f"{name} {said[name]}" for name in _SHOWN if said.get(name) is not None]
    return " · ".join(parts)


def _ms(duration_ms: float) -> str:
    return f"{duration_ms / 1000:.2f} s" if duration_ms >= 1000 else f"{duration_ms:.1f} ms"  # noqa: PLR2004


def _in_order(spans: Iterable[SpanRead]) -> list[tuple[SpanRead, int]]:
    """Return the steps as a tree is read, each with its depth; those without a parent on top."""
    below: dict[str, list[SpanRead]] = {}
    found = list(spans)
    ids = {span.span_id for span in found}
    for span in found:
        parent = span.parent_id if span.parent_id in ids else ""
        below.setdefault(parent or "", []).append(span)
    ordered: list[tuple[SpanRead, int]] = []
    left = [(span, 0) for span in reversed(below.get("", []))]
    while left:
        span, depth = left.pop()
        ordered.append((span, depth))
        left += [(each, depth + 1) for each in reversed(below.get(span.span_id, []))]
    return ordered
