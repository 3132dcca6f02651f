"""Draws a trace as a tree."""

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from cli.wording import printable
from service.tracing.schemas import SpanRead, TraceTree

_SHOWN = (
    "model",
    "input_size",
    "texts",
    "passages",
    "findings",
    "rule",
    "action",
    "outcome",
    "reason",
    "cached",
    "experiment",
    "variant",
)
"""Attributes that fit beside a step; `--json` has all."""


def draw_tree(out: Console, found: TraceTree) -> None:
    """Print the steps of a trace, each below the one that it is a part of."""
    trace = found.trace
    head = Text.assemble(
        (trace.name, "bold"),
        f"  {trace.state}  {trace.duration_ms:.1f} ms  "
        f"{trace.input_tokens}+{trace.output_tokens} tokens  {trace.cost_usd:.6f} USD  ",
        (trace.trace_id, "dim"),
    )
    if trace.asked:
        head.append(f"\n{printable(trace.asked)}")
    top = Tree(head)
    branches: dict[str, Tree] = {}
    for span in found.spans:
        above = branches.get(span.parent_id or "", top)
        branches[span.span_id] = above.add(_line(span))
    out.print(top)
    if found.left_out:
        out.print(f"{found.left_out} more steps are not shown")


def _line(span: SpanRead) -> Text:
    line = Text.assemble(
        (span.name, "red" if span.error else "cyan"), f"  {span.duration_ms:.1f} ms"
    )
    said = span.attributes
    if "input_tokens" in said:
        cost = said.get("cost_usd") or 0.0
        line.append(
            f"  {said['input_tokens']}+{said.get('output_tokens', 0)} tokens  {cost:.6f} USD"
        )
    if said.get("prompt_name"):
        prompt = f"{said['prompt_name']} {said['prompt_version']} {said['prompt_hash'][:8]}"
        line.append(f"  {prompt}", "magenta")
    shown = [f"{name}={said[name]}" for name in _SHOWN if said.get(name) is not None]
    if shown:
        line.append(f"  {printable(' '.join(shown))}", "dim")
    if span.error:
        line.append(f"  {printable(span.error)}", "red")
    return line
