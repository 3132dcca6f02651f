"""Compiles a template: renders it once for each combination of flags, with marker words.

A marker is a word that stands in for the value of an input. Where it comes out again is the gap
that the value fills later; so a value is never seen by POML, and cannot be read as template.
"""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from pydantic import ValidationError

from prompts import sandbox
from prompts.compiled import (
    Compiled,
    CompiledMessage,
    CompiledTool,
    InputPart,
    TextPart,
    Variant,
    sha256_of,
)
from prompts.errors import TemplateError
from prompts.templates import Template, read_template
from providers.types import ChatRole

_ROLES: Final = {"system": ChatRole.SYSTEM, "human": ChatRole.USER, "ai": ChatRole.ASSISTANT}
_LETTERS: Final = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")


def compile_source(source: bytes, *, name: str, version: str, origin: str) -> Compiled:
    """Compile a template's bytes; the same bytes always give the same result.

    Takes about a second for each combination of flags.

    Raises:
        CompilerMissingError: POML is not installed.
        TemplateError: it cannot be compiled; the message names the line and the reason.
    """
    compiler = f"poml {sandbox.version()}"
    template = read_template(_decode(source, origin), origin)
    markers = _markers(template)
    variants, said = [], []
    for flags in _combinations(template.flags):
        values = {flag: flag in flags for flag in template.flags}
        rendered = sandbox.render(template, {**markers, **values})
        messages = _messages(rendered.pop("messages"), markers, template)
        variants.append(Variant(flags=flags, messages=messages))
        said.append(rendered)
    if any(each != said[0] for each in said):
        raise TemplateError(f"{origin}: schema, tools and parameters cannot depend on a flag")
    _require_all_used(variants, template)
    runtime = said[0].get("runtime") or {}
    try:
        return Compiled(
            name=name,
            version=version,
            source_sha256=sha256_of(source),
            compiler=compiler,
            inputs=template.inputs,
            flags=template.flags,
            temperature=runtime.get("temperature"),
            max_output_tokens=runtime.get("maxTokens"),
            output_schema=said[0].get("schema"),
            tools=_tools(said[0].get("tools") or ()),
            variants=tuple(variants),
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise TemplateError(f"{origin}: {where}: {first['msg']}") from error


def _decode(source: bytes, origin: str) -> str:
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{origin} is not UTF-8: {error}") from error


def _markers(template: Template) -> dict[str, str]:
    """Return a word of letters for each input: no punctuation that POML could rewrite."""
    markers = {}
    for name in template.gaps:
        digest = sha256_of(f"{name}\n{template.text}".encode())
        markers[name] = "Z" + digest[:32].translate(_LETTERS) + "Z"
    return markers


def _combinations(flags: Sequence[str]) -> list[tuple[str, ...]]:
    return [chosen for size in range(len(flags) + 1) for chosen in combinations(flags, size)]


def _messages(
    said: Sequence[Mapping[str, Any]], markers: Mapping[str, str], template: Template
) -> tuple[CompiledMessage, ...]:
    messages = []
    for each in said:
        role, content = _ROLES.get(each["speaker"]), each["content"]
        if not content or (isinstance(content, str) and not content.strip()):
            raise TemplateError(f"{template.origin}: there is a message without text")
        if role is None or not isinstance(content, str):
            raise TemplateError(f"{template.origin}: a message holds more than text")
        messages.append(CompiledMessage(role=role, parts=_parts(content, markers)))
    return tuple(messages)


def _parts(content: str, markers: Mapping[str, str]) -> tuple[TextPart | InputPart, ...]:
    if not markers:
        return (TextPart(text=content),)
    names = {marker: name for name, marker in markers.items()}
    pieces = re.split(f"({'|'.join(names)})", content)
    return tuple(
        InputPart(input=names[piece]) if piece in names else TextPart(text=piece)
        for piece in pieces
        if piece
    )


def _require_all_used(variants: Sequence[Variant], template: Template) -> None:
    """An input that comes out nowhere was swallowed by POML."""
    parts = [part for each in variants for message in each.messages for part in message.parts]
    used = {part.input for part in parts if isinstance(part, InputPart)}
    lost = sorted(set(template.gaps) - used)
    if lost:
        raise TemplateError(f"{template.origin}: {', '.join(lost)} does not come out of POML")


def _tools(said: Sequence[Mapping[str, Any]]) -> tuple[CompiledTool, ...]:
    return tuple(
        CompiledTool(
            name=each["name"],
            description=each.get("description") or "",
            parameters=json.loads(json.dumps(each["parameters"])),
        )
        for each in said
    )
