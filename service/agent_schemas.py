"""Questions to the agent: what comes in, and what is answered."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from service.datasource_schemas import DatasourceName
from service.schemas import (
    MAX_QUESTION_CHARS,
    MAX_TURNS,
    ChatTurn,
    Citation,
    CollectionName,
    ConversationId,
    Refusal,
    Request,
    Shape,
)
from service.sql_schemas import SqlChart
from service.waiting_runs import RUN_ID

_Question = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARS)]


class AgentRequest(Request):
    """Ask the agent, or go on with a run that asked back.

    Without `datasource` every database of the tenant may be asked. With `run_id`, `choice` is
    the number of an option (from 1) or a question in other words.
    """

    question: _Question | None = None
    collection: CollectionName = "default"
    datasource: DatasourceName | None = None
    conversation_id: ConversationId | None = None
    history: tuple[ChatTurn, ...] | None = Field(
        default=None,
        max_length=MAX_TURNS,
        description="Earlier turns, oldest first; without them, those of the conversation.",
    )
    run_id: Annotated[str, Field(pattern=RUN_ID)] | None = None
    choice: _Question | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "AgentRequest":
        if (self.run_id is None) != (self.choice is None):
            raise ValueError("run_id and choice go together")
        if (self.question is None) == (self.run_id is None):
            raise ValueError("send a question, or run_id with choice")
        return self


class AgentOption(Shape):
    """A way to go on; `datasource` is what it would be asked of."""

    label: str
    question: str
    datasource: str | None = None


class AgentClarify(Shape):
    """What is asked back; a run with a `run_id` can be resumed with a choice."""

    question: str
    options: list[AgentOption]
    run_id: str | None = None


class AgentCall(Shape):
    """A tool that was called, with what, what came of it, and how long it took."""

    tool: str
    arguments: dict[str, Any]
    outcome: Literal["answered", "abstained", "refused", "clarify", "failed"]
    ms: float


class AgentRows(Shape):
    """What a database answered: the query that was run, and its rows."""

    datasource: str
    sql: str
    params: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]]
    row_count: int
    truncated: bool
    assumptions: list[str]
    matched: str | None = None
    chart: SqlChart | None = None


class AgentFailure(Shape):
    """Why there is no answer."""

    code: str
    message: str


class AgentAnswer(Shape):
    """An answer of the agent.

    `tools` are those that answered, in order, and `calls` all that were made; `chosen_by` says
    who chose them. `citations` come from documents, `database` from a database. `abstained` is
    true when no tool answered: then `clarify`, `refusal` or `error` may say more.
    `condensed_question` is what was asked in place of a question that leant on the conversation.
    """

    answer: str
    tools: list[str]
    chosen_by: Literal["model", "rules"]
    citations: list[Citation]
    database: AgentRows | None
    abstained: bool
    clarify: AgentClarify | None
    refusal: Refusal | None
    error: AgentFailure | None
    calls: list[AgentCall]
    degraded: list[str]
    question: str
    condensed_question: str | None
    conversation_id: str | None
    trace_id: str
    timings_ms: dict[str, float]
