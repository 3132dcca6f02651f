"""How a graph asks chat models: by what they are for, never by name."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from providers.principal import Principal
from providers.types import ChatDelta, ChatRequest, PromptRef, ToolCall, Usage


class Role(StrEnum):
    """What a chat model is called for; each has its own models and limits in the settings."""

    SYNTHESIZE = "synthesize"
    CONDENSE = "condense"
    HYDE = "hyde"
    SQL = "sql"
    JUDGE = "judge"
    CLASSIFY = "classify"
    VISION = "vision"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole reply; `degraded` says what was not as configured (another model wrote it)."""

    text: str
    model: str
    usage: Usage
    tool_calls: tuple[ToolCall, ...] = ()
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: on whose behalf, for what, with which prompt.

    `trace_id`, `prompt` and `detail` go into the ledger beside the cost. Models whose names
    are in `avoid` have failed at this already and are not asked again.
    """

    principal: Principal
    role: Role
    request: ChatRequest
    prompt: PromptRef | None = None
    trace_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    avoid: frozenset[str] = frozenset()


class Models(Protocol):
    """The chat models behind the gateway: routing, retries, budgets and the ledger are its own.

    Both calls raise `providers.errors.ProviderError` when no model could do it, and
    `graphs.errors.BudgetExceededError` when the money is spent and nothing cheaper is set.
    """

    def serves(self, role: Role) -> bool:
        """Tell whether a model that writes freely is configured for a role."""
        ...

    def stream(self, call: Call, *, degraded: list[str]) -> AsyncGenerator[ChatDelta, None]:
        """Yield the reply's pieces; the last carries usage and tool calls.

        What was not as configured is added to `degraded`. After the first piece of text has
        left no other model is tried: the failure is raised. Each piece says which model wrote it.
        """
        ...

    async def complete(self, call: Call) -> Reply:
        """Return the whole reply, checked against the request's schema where it has one."""
        ...
