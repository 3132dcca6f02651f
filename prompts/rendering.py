"""Fills the gaps of a compiled prompt: no template language, only joined strings."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from prompts.compiled import Compiled, InputPart, Variant
from prompts.errors import PromptInputsError
from prompts.templates import BOUNDARY
from providers.types import ChatMessage, ChatRole, PromptRef, ToolDefinition

MAX_OUTPUT_TOKENS: Final = 1024
"""For prompts that set no bound of their own; the same as `ChatRequest`'s."""
_NO_FLAGS: Final[Mapping[str, bool]] = {}
_Pieces = tuple[tuple[bool, str], ...]
"""Each piece is a text, or (True) the name of an input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a chat model is asked, and with which prompt."""

    messages: tuple[ChatMessage, ...]
    output_schema: Mapping[str, Any] | None
    tools: tuple[ToolDefinition, ...]
    temperature: float | None
    max_output_tokens: int
    ref: PromptRef


class Prompt:
    """One version of a prompt, ready to be filled in.

    `inputs` are the names of the values it needs, all strings; `flags` those of the booleans
    it takes, which are off unless said. An input that only matters when a flag is on may be
    left out when it is off.
    """

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.ref = PromptRef(
            name=compiled.name, version=compiled.version, sha256=compiled.source_sha256
        )
        self.inputs = compiled.inputs
        self.flags = compiled.flags
        self._tools = tuple(
            ToolDefinition(name=t.name, description=t.description, parameters=t.parameters)
            for t in compiled.tools
        )
        self._plans = {each.flags: _Plan(each) for each in compiled.variants}

    def render(self, values: Mapping[str, str], flags: Mapping[str, bool] = _NO_FLAGS) -> Rendered:
        """Put the values into the messages, letter for letter. Takes some microseconds.

        A value is never read: braces, tags and the names of inputs in it stay as they are. Where
        the prompt sets quotations apart by a code, the code is made from all values, so that
        none of them can contain it on purpose, and the same values give the same messages.

        Raises:
            PromptInputsError: a value is missing, unknown or no string, or a flag is unknown.
        """
        plan = self._plans[tuple([flag for flag in self.flags if flags.get(flag, False)])]
        self._check(plan, values, flags)
        if plan.bounded:
            values = {**values, BOUNDARY: _boundary(values)}
        compiled = self.compiled
        return Rendered(
            messages=tuple([_fill(role, pieces, values) for role, pieces in plan.messages]),
            output_schema=compiled.output_schema,
            tools=self._tools,
            temperature=compiled.temperature,
            max_output_tokens=compiled.max_output_tokens or MAX_OUTPUT_TOKENS,
            ref=self.ref,
        )

    def _check(self, plan: "_Plan", values: Mapping[str, str], flags: Mapping[str, bool]) -> None:
        wrong = [
            *(f"{name} is missing" for name in self.inputs if _lacks(plan, values, name)),
            *(f"{name} is not an input" for name in values if name not in self.inputs),
            *(f"{name} is no string" for name, value in values.items() if not _is_text(value)),
            *(f"{name} is not a flag" for name in flags if name not in self.flags),
        ]
        if wrong:
            inputs, known = ", ".join(self.inputs) or "none", ", ".join(self.flags) or "none"
            raise PromptInputsError(
                f"prompt {self.ref.name} {self.ref.version}: {'; '.join(wrong)} "
                f"(inputs: {inputs}; flags: {known})"
            )


class _Plan:
    """A variant as it is filled in: for each message its role and its pieces."""

    def __init__(self, variant: Variant) -> None:
        self.messages: tuple[tuple[ChatRole, _Pieces], ...] = tuple(
            (
                message.role,
                tuple(
                    (True, part.input) if isinstance(part, InputPart) else (False, part.text)
                    for part in message.parts
                ),
            )
            for message in variant.messages
        )
        self.gaps = {text for _, pieces in self.messages for is_input, text in pieces if is_input}
        self.bounded = BOUNDARY in self.gaps


def _fill(role: ChatRole, pieces: _Pieces, values: Mapping[str, str]) -> ChatMessage:
    return ChatMessage(
        role=role,
        content="".join([values[text] if is_input else text for is_input, text in pieces]),
    )


def _boundary(values: Mapping[str, str]) -> str:
    """Return 16 hexadecimal digits that depend on every letter of every value."""
    digest = hashlib.sha256()
    for name in sorted(values):
        digest.update(f"{name}\0{values[name]}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def _lacks(plan: _Plan, values: Mapping[str, str], name: str) -> bool:
    return name in plan.gaps and name not in values


def _is_text(value: object) -> bool:
    return isinstance(value, str)
