"""What the agent may call: it is given its tools and knows none by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from providers.principal import Principal
from providers.types import ToolDefinition

Emit = Callable[[dict[str, object]], None]
"""Sends an event, a flat dict with its `type`."""


class Tool(Protocol):
    """Something to be called on behalf of a principal; the result is a JSON document.

    `answer` is its text. `abstained`, `refusal`, `clarify` and `error` say why there is none.
    Everything else is data for whoever shows it, and never an instruction.
    """

    @property
    def definition(self) -> ToolDefinition:
        """Name, description and arguments, as a model is shown them."""
        ...

    # Each has arguments of its own; two `Any` let a checker accept them.
    async def __call__(self, *principal: Any, **arguments: Any) -> Mapping[str, Any]:
        """Call it on behalf of the one principal, with the arguments of its definition.

        Raises:
            GraphError: it cannot be called like that.
            ProviderError: what it stands on is not there.
        """
        ...


@runtime_checkable
class TellingTool(Protocol):
    """A tool that tells what it does while it works, for instance sentence by sentence."""

    async def tell(
        self, principal: Principal, emit: Emit, /, **arguments: Any
    ) -> Mapping[str, Any]:
        """Call it, and send its events."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The tools by what they look into; without `database` there are only documents."""

    documents: Tool
    database: Tool | None = None

    def named(self, name: str) -> Tool | None:
        """Return the tool of that name."""
        return next((tool for tool in self.all if tool.definition.name == name), None)

    @property
    def all(self) -> Sequence[Tool]:
        """Every tool."""
        return (self.documents, *([self.database] if self.database is not None else []))


def bound(definition: ToolDefinition, fixed: Mapping[str, Sequence[str]]) -> ToolDefinition:
    """Return a definition whose `fixed` arguments leave no more choice than there is.

    One value is not shown at all, since the server sets it; several become the only ones.
    """
    schema = dict(definition.parameters)
    properties = dict(schema.get("properties", {}))
    required = list(schema.get("required", []))
    for name, values in fixed.items():
        if name not in properties:
            continue
        if len(values) == 1:
            del properties[name]
            required = [one for one in required if one != name]
        else:
            properties[name] = {**properties[name], "enum": list(values)}
    schema |= {"properties": properties, "required": required}
    return replace(definition, parameters=schema)
