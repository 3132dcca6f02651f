"""Prompts as documents for programs and as tables for people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.tables import table
from cli.wording import printable
from prompts.catalogue import Catalogue
from prompts.compiled import InputPart, TextPart, Variant
from prompts.errors import PromptNotFoundError
from prompts.manifest import PromptEntry
from prompts.publishing import Pushed
from prompts.releasing import Outcome
from prompts.rendering import Prompt, Rendered
from providers.chat_model.token_counts import count_tokens

_DIFF = {"+": "green", "-": "red", "@": "cyan"}


def describe_all(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return every prompt with its versions and their history.

    `tokens` counts a version's own words, in the longest variant and without any values.
    """
    found = []
    for name, entry in catalogue.manifest.items():
        described = {"name": name, **entry.model_dump(mode="json")}
        for version, each in described["versions"].items():
            each["tokens"] = _tokens(catalogue, name, version)
        found.append(described)
    return found


def draw_list(out: Console, catalogue: Catalogue) -> None:
    """Draw a row for each version."""
    rows = table("prompt", "version", "state", "tokens", "inputs", "flags", "answer", "eval", "for")
    for name, entry in catalogue.manifest.items():
        for version, each in entry.versions.items():
            rows.add_row(
                name,
                version + (" *" if version == entry.active else ""),
                each.state.value,
                _tokens(catalogue, name, version),
                ", ".join(each.inputs),
                ", ".join(each.flags),
                ", ".join(each.output) or "text",
                entry.eval or "none",
                entry.purpose,
            )
    out.print(rows.grid)


def describe_prompt(prompt: Prompt, entry: PromptEntry) -> Mapping[str, Any]:
    """Return a compiled version, with what the catalogue says of it."""
    return {
        **prompt.compiled.model_dump(mode="json"),
        "active": entry.active == prompt.ref.version,
        "purpose": entry.purpose,
        "eval": entry.eval,
        "state": entry.versions[prompt.ref.version].state.value,
        "note": entry.versions[prompt.ref.version].note,
        "promotions": [each.model_dump(mode="json") for each in entry.promotions],
    }


def draw_prompt(out: Console, prompt: Prompt, entry: PromptEntry) -> None:
    """Draw the messages of each variant, with the gaps as `{{ input }}`."""
    ref, compiled = prompt.ref, prompt.compiled
    version = entry.versions[ref.version]
    active = ", active" if entry.active == ref.version else ""
    facts = table("fact", "value")
    facts.add_row("prompt", f"{ref.name} {ref.version} ({version.state.value}{active})")
    facts.add_row("purpose", entry.purpose)
    facts.add_row("note", version.note)
    facts.add_row("sha256", ref.sha256)
    facts.add_row("inputs", ", ".join(prompt.inputs))
    facts.add_row("flags", ", ".join(prompt.flags))
    facts.add_row("temperature", compiled.temperature)
    facts.add_row("most tokens", compiled.max_output_tokens)
    facts.add_row("JSON fields", ", ".join(compiled.output))
    out.print(facts.grid)
    for variant in compiled.variants:
        _draw_variant(out, variant)
    _draw_history(out, entry)


def describe_rendered(rendered: Rendered) -> Mapping[str, Any]:
    """Return what a chat model would be asked."""
    return {
        "prompt": asdict(rendered.ref),
        "messages": [asdict(message) for message in rendered.messages],
        "temperature": rendered.temperature,
        "max_output_tokens": rendered.max_output_tokens,
        "output_schema": rendered.output_schema,
        "tools": [asdict(tool) for tool in rendered.tools],
    }


def draw_rendered(out: Console, rendered: Rendered) -> None:
    """Draw the messages one below the other."""
    for message in rendered.messages:
        _draw_message(out, message.role.value, message.content)


def draw_diff(out: Console, lines: Sequence[str]) -> None:
    """Draw a unified diff in colours."""
    if not lines:
        out.print("no difference")
    for line in lines:
        out.print(Text(printable(line), style=_DIFF.get(line[:1], "")), soft_wrap=True)


def draw_outcomes(out: Console, outcomes: Sequence[Outcome]) -> None:
    """Draw what was compiled or released."""
    rows = table("prompt", "version", "state", "", "inputs", "flags", "variants", "sha256")
    for each in outcomes:
        rows.add_row(
            each.name,
            each.version,
            each.state.value,
            "new" if each.changed else "unchanged",
            ", ".join(each.inputs),
            ", ".join(each.flags),
            each.variants,
            each.sha256[:12],
        )
    out.print(rows.grid)


def draw_pushed(out: Console, pushed: Sequence[Pushed]) -> None:
    """Draw what stands at the other side."""
    rows = table("prompt", "version", "labels", "outcome")
    for each in pushed:
        rows.add_row(each.name, each.version, ", ".join(each.labels), each.outcome.value)
    out.print(rows.grid)


def _tokens(catalogue: Catalogue, name: str, version: str) -> int | None:
    """Count the words of the longest variant; a draft that has to be compiled again has none."""
    try:
        variants = catalogue.get(name, version).compiled.variants
    except PromptNotFoundError:
        return None
    return max(sum(map(count_tokens, _texts(variant))) for variant in variants)


def _texts(variant: Variant) -> list[str]:
    parts = [part for message in variant.messages for part in message.parts]
    return [part.text for part in parts if isinstance(part, TextPart)]


def _draw_variant(out: Console, variant: Variant) -> None:
    if variant.flags:
        out.rule(f"flags: {', '.join(variant.flags)}")
    for message in variant.messages:
        content = "".join(
            f"{{{{ {part.input} }}}}" if isinstance(part, InputPart) else part.text
            for part in message.parts
        )
        _draw_message(out, message.role.value, content)


def _draw_message(out: Console, role: str, content: str) -> None:
    out.print(Text(f"[{role}]", style="bold cyan"))
    out.print(Text(printable(content)), soft_wrap=True)
    out.print()


def _draw_history(out: Console, entry: PromptEntry) -> None:
    rows = table("when", "move", "version", "note")
    for each in entry.promotions:
        moment = each.at.isoformat(sep=" ", timespec="minutes")
        rows.add_row(moment, each.move.value, each.version, each.note)
    out.print(rows.grid)
