"""Questions about databases: what comes in, and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from service.datasource_schemas import DatasourceName
from service.schemas import MAX_QUESTION_CHARS, Request, Shape
from service.waiting_runs import RUN_ID

_Question = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARS)]


class SqlRequest(Request):
    """Ask a question of a datasource, or go on with a run that asked back.

    With `run_id`, `choice` is the number of an option (from 1) or a question in other words.
    """

    datasource: DatasourceName
    question: _Question | None = None
    route: Literal["all", "verified", "rule", "llm"] = "all"
    run_id: Annotated[str, Field(pattern=RUN_ID)] | None = None
    choice: _Question | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "SqlRequest":
        if (self.run_id is None) != (self.choice is None):
            raise ValueError("run_id and choice go together")
        if (self.question is None) == (self.run_id is None):
            raise ValueError("send a question, or run_id with choice")
        return self


class SqlOption(Shape):
    """A way to go on."""

    label: str
    question: str


class SqlClarify(Shape):
    """What is asked back; a run with a `run_id` can be resumed with a choice."""

    question: str
    options: list[SqlOption]
    nearest: list[str]
    run_id: str | None = None


class SqlFailure(Shape):
    """Why there is no result."""

    code: str
    rule: str | None
    message: str


class SqlChart(Shape):
    """A chart that suits the result; `x` and `y` are names of its columns."""

    kind: Literal["number", "bar", "line", "table"]
    x: str | None
    y: list[str]


class SqlAnswer(Shape):
    """An answer from a database: the rows, and how they were found.

    `sql` is what was run, with `params` bound to its `:name`s. `confidence` lies between 0 and
    1; `matched` is the verified question whose query was used.
    """

    answer: str
    route: Literal["verified", "rule", "llm", "clarify"]
    sql: str
    params: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]]
    row_count: int
    truncated: bool
    assumptions: list[str]
    clarify: SqlClarify | None
    confidence: float
    error: SqlFailure | None
    trace_id: str
    question: str = ""
    truncated_by: str | None = None
    matched: str | None = None
    chart: SqlChart | None = None
    repairs: int = 0
    degraded: list[str] = Field(default_factory=list)
    timings_ms: dict[str, float] = Field(default_factory=dict)


class NewExample(Request):
    """Approve a question with its query; `params` are put in for the query's `:name`s."""

    datasource: DatasourceName
    question: Annotated[str, Field(min_length=3, max_length=1000)]
    sql: Annotated[str, Field(min_length=8, max_length=20_000)]
    params: dict[str, str | int | float | bool] = Field(default_factory=dict)


class ExampleRead(Shape):
    """A verified question: its query, who approved it and when, and whether it still fits."""

    id: str
    datasource: str
    question: str
    sql: str
    state: Literal["approved", "stale"]
    approved_by: str
    approved_at: datetime
    validated_at: datetime
    problem: str | None


class ExampleList(Shape):
    """The verified questions of a datasource."""

    examples: list[ExampleRead]
