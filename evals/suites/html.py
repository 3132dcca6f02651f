"""A result as one HTML file with plots: no script, no font and no picture from elsewhere."""

import html
from collections.abc import Iterable, Sequence
from string import Template
from typing import Final

from evals.suites.gates import Comparison, Ruling
from evals.suites.plots import Bar, bars
from evals.suites.results import SuiteResult

_UNBOUNDED: Final = ("latency_ms", "cost_usd")
"""What does not lie in 0..1."""
_NARROW: Final = 200

STYLE: Final = """
:root{--ink:#1c1f24;--soft:#5b626d;--line:#e2e5ea;--paper:#fff;--ground:#f6f7f9;--blue:#2f5fd0;
--green:#1d7f4f;--red:#b3261e;--amber:#8a6100}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:0 0 12px}
.sub{color:var(--soft);margin:0 0 24px}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:20px 24px;
margin:0 0 20px;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;color:var(--soft);font-weight:600;border-bottom:1px solid var(--line)}
th,td{padding:6px 12px 6px 0;vertical-align:top}tr+tr td{border-top:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px;
margin:0 0 20px}
.tile{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile b{display:block;font-size:24px;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
.good{color:var(--green)}.bad{color:var(--red)}.fair{color:var(--amber)}.aside{color:var(--soft)}
.two{display:grid;grid-template-columns:1fr 1fr;gap:24px}
@media(max-width:800px){.two{grid-template-columns:1fr}}
.turn{border-top:1px solid var(--line);padding:12px 0}.turn:first-of-type{border:0}
.turn h3{font-size:15px;margin:0 0 6px}.turn p{margin:0 0 4px}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
@media print{body{background:#fff}section,.tile{break-inside:avoid}}
"""
_PAGE: Final = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>$title</title><style>$style</style></head>
<body><main><h1>$title</h1><p class="sub">$sub</p>
$body
</main></body></html>
""")
Cell = str | float | int | None


def render(result: SuiteResult, comparison: Comparison | None = None) -> str:
    """Draw a result, and its comparison with the accepted one."""
    parts = [tiles(result), *([gate_table(comparison)] if comparison else [])]
    parts += [metric_plot(result), group_plot(result), side_by_side(result), about(result)]
    when = result.created_at.strftime("%Y-%m-%d %H:%M UTC")
    sub = f"{when} · {len(result.cases)} questions · {result.seconds:.0f} s"
    return page(f"Evaluation: {result.suite}", sub, parts)


def page(title: str, sub: str, parts: Iterable[str]) -> str:
    """Put sections into a page."""
    return _PAGE.substitute(
        title=html.escape(title), style=STYLE, sub=html.escape(sub), body="\n".join(parts)
    )


def section(title: str, body: str) -> str:
    """Put a heading above some HTML."""
    return f"<section><h2>{html.escape(title)}</h2>{body}</section>"


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Draw a table; numbers stand right, None is an empty cell."""
    drawn = [list(row) for row in rows]
    first: Sequence[Cell] = drawn[0] if drawn else [None] * len(head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in drawn)
    names = "".join(
        f'<th class="{"n" if isinstance(cell, int | float) else ""}">{html.escape(name)}</th>'
        for name, cell in zip(head, first, strict=True)
    )
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Cell) -> str:
    if isinstance(value, int | float):
        shown = f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        return f'<td class="n">{shown}</td>'
    tone = {"regressed": "bad", "better": "good", "worse": "fair"}.get(value or "", "")
    return f'<td class="{tone}">{html.escape(value or "")}</td>'


def tile(value: str, name: str, tone: str = "") -> str:
    """Draw one figure, large."""
    return f'<div class="tile"><b class="{tone}">{html.escape(value)}</b><span>{name}</span></div>'


def tiles(result: SuiteResult) -> str:
    """Draw the figures that matter most."""
    named = {
        "answers.right_decision": "answered or silent, rightly",
        "answers.citation_recall": "cite the right page",
        "answers.groundedness": "sentences supported",
        "retrieval.ndcg@10": "nDCG@10 of pages",
        "guards.caught": "attacks caught",
        "answers.latency_ms": "ms an answer, mean",
    }
    means = result.means
    drawn = [
        tile(f"{value:.0f}" if name.endswith("_ms") else f"{value:.3f}", title)
        for name, title in named.items()
        if (value := means.get(name)) is not None
    ]
    return f'<div class="tiles">{"".join(drawn)}</div>'


def gate_table(comparison: Comparison) -> str:
    """Draw what became of each metric."""
    tone, said = ("good", "Passed") if comparison.passed else ("bad", "Failed")
    rows = [
        (
            line.metric,
            round(line.before, 4),
            None if line.after is None else round(line.after, 4),
            _change(line.change.mean, line.change.low, line.change.high) if line.change else "",
            line.ruling.value if line.ruling is not Ruling.SAME else "same",
            line.why,
        )
        for line in comparison.lines
    ]
    notes = "".join(f'<p class="aside">{html.escape(note)}</p>' for note in comparison.notes)
    drawn = table(("metric", "accepted", "now", "change, 90 % interval", "ruling", "why"), rows)
    return section("Gate", f'<p class="{tone}"><b>{said}</b></p>{drawn}{notes}')


def _change(mean: float, low: float, high: float) -> str:
    return f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]"


def metric_plot(result: SuiteResult) -> str:
    """Draw each metric with its interval."""
    drawn = []
    for name, each in result.scores.items():
        if each and not name.endswith(_UNBOUNDED):
            found = result.interval(name)
            drawn.append(Bar(name, found.mean, found.low, found.high))
    return section("Metrics, with 90 % intervals", bars(drawn))


def group_plot(result: SuiteResult) -> str:
    """Draw recall by category."""
    recall = result.by_group("retrieval.hit_rate@5")
    right = result.by_group("answers.citation_recall")
    left = bars([Bar(name, value) for name, value in recall.items()], _NARROW)
    other = bars([Bar(name, value) for name, value in right.items()], _NARROW)
    body = (
        f'<div class="two"><div><p class="aside">Right page among the first five</p>{left}</div>'
        f'<div><p class="aside">Answers that cite the right page</p>{other}</div></div>'
    )
    return section("Recall by category", body)


def side_by_side(result: SuiteResult) -> str:
    """Draw what was wanted beside what was said, the wrong ones first."""
    turns = sorted(result.trace, key=lambda turn: bool(turn["right"]))
    drawn = "".join(
        f'<div class="turn"><h3>{html.escape(t["question"])} '
        f'<span class="{"good" if t["right"] else "bad"}">{"right" if t["right"] else "wrong"}'
        f'</span></h3><div class="two"><div><p class="aside">Wanted · {html.escape(t["place"])}</p>'
        f"<p>{html.escape(t['wanted'])}</p></div>"
        f'<div><p class="aside">Said · {html.escape(", ".join(t["cited"]) or "no citation")} · '
        f"{t['ms']:.0f} ms</p><p>{html.escape(t['said'])}</p></div></div></div>"
        for t in turns
    )
    return section("Wanted and said", drawn or '<p class="aside">No question was asked.</p>')


def about(result: SuiteResult) -> str:
    """Draw what the figures were made with."""
    rows: list[Sequence[Cell]] = [
        ("commit", result.commit),
        ("dataset", result.dataset[:16]),
        ("settings", result.settings),
        *((f"model: {name}", value) for name, value in result.models.items()),
        *((f"prompt: {name}", value) for name, value in result.prompts.items()),
        *(("left out", part) for part in result.degraded),
    ]
    return section("Made with", table(("what", "which"), rows))
