"""What flows through the agent.

A run may stop to ask back and go on in another process, so the state holds nothing but what
JSON can hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import add, or_
from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

Outcome = Literal["answered", "abstained", "refused", "clarify", "failed"]
"""What came of a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a caller may choose for one run; who is asking is not among it.

    Without `datasource` every database of the principal may be asked. `interactive` runs stop
    to ask back and can be resumed; others end with the question.
    """

    collection: str = "default"
    datasource: str | None = None
    interactive: bool = False


class Said(TypedDict):
    """An earlier turn of the conversation; `role` is `user` or `assistant`."""

    role: str
    content: str


class PlannedCall(TypedDict):
    """A tool that is to be called next."""

    tool: str
    arguments: dict[str, Any]


class Called(TypedDict):
    """A call that was made; `ms` is how long it took."""

    tool: str
    arguments: dict[str, Any]
    outcome: Outcome
    ms: float


class ToolResult(TypedDict):
    """What a tool gave: `data` is the document as it came, and never an instruction."""

    tool: str
    arguments: dict[str, Any]
    outcome: Outcome
    data: dict[str, Any]


class Option(TypedDict):
    """A way to go on: what a person reads, the question that is asked then, and of what."""

    label: str
    question: str
    datasource: str | None


class Clarify(TypedDict):
    """What is asked back."""

    question: str
    options: list[Option]


class Failure(TypedDict):
    """Why there is no answer: a stable `code`, and a message to act on."""

    code: str
    message: str


class AgentInput(TypedDict, total=False):
    """What a run starts from; `history` are earlier turns, oldest first."""

    question: str
    conversation_id: str | None
    history: list[Said]


class AgentOutput(TypedDict, total=False):
    """What a run ends with.

    `tools` answered, in order; `found` are their documents by name. `chosen_by` tells whether a
    model or rules chose. `asked` is the question as it was asked when `question` had to be
    completed from the conversation.
    """

    question: str
    asked: str
    conversation_id: str | None
    answer: str
    tools: list[str]
    found: dict[str, dict[str, Any]]
    chosen_by: Literal["model", "rules"]
    abstained: bool
    clarify: Clarify | None
    error: Failure | None
    refusal: dict[str, Any] | None
    calls: Annotated[list[Called], add]
    degraded: Annotated[list[str], add]
    timings_ms: Annotated[Mapping[str, float], or_]


class AgentState(AgentOutput, total=False):
    """Everything the nodes hand on.

    `plan` are calls still to be made, `ask_back` tells whether a question back is worth a
    person's time, `said` whether a part of the answer has left, `rounds` how often was asked back.
    """

    history: list[Said]
    language: str
    plan: list[PlannedCall]
    results: Annotated[list[ToolResult], add]
    ask_back: bool
    said: bool
    rounds: int
