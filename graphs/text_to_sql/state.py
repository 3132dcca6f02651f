"""What flows through the graph that answers questions from a database.

A run may stop to ask back and go on in another process, so the state holds nothing but what
JSON can hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import add, or_
from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from providers.sql_types import Json

Route = Literal["verified", "rule", "llm", "clarify"]
"""Where a query came from; `clarify` when there is none, and the question is asked back."""
Wanted = Literal["all", "verified", "rule", "llm"]
"""Which routes a caller allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a caller may choose for one run; who is asking is not among it.

    `interactive` runs stop to ask back and can be resumed; others end with the question.
    """

    datasource: str = ""
    route: Wanted = "all"
    interactive: bool = False


class Option(TypedDict):
    """A way to go on: what a person reads, and the question that is asked then."""

    label: str
    question: str


class Clarify(TypedDict):
    """What is asked back; `nearest` are verified questions that are most alike."""

    question: str
    options: list[Option]
    nearest: list[str]


class Failure(TypedDict):
    """Why there is no result: a stable `code`, the guard's `rule`, a message to act on."""

    code: str
    rule: str | None
    message: str


class Chart(TypedDict):
    """A chart that suits the result; `x` and `y` are names of its columns."""

    kind: Literal["number", "bar", "line", "table"]
    x: str | None
    y: list[str]


class SqlInput(TypedDict):
    """What a run starts with."""

    question: str


class SqlOutput(TypedDict, total=False):
    """What a run ends with; `sql` is what was run, with `params` bound to its `:name`s.

    `confidence` lies between 0 and 1 and is the route's own; `matched` is the verified question
    whose query was used.
    """

    question: str
    answer: str
    route: Route
    sql: str
    params: dict[str, Json]
    columns: list[str]
    rows: list[list[Json]]
    row_count: int
    truncated: bool
    truncated_by: str | None
    assumptions: list[str]
    clarify: Clarify | None
    confidence: float
    error: Failure | None
    chart: Chart | None
    matched: str | None
    tables: list[str]
    repairs: int
    draft: str
    draft_params: dict[str, Json]
    degraded: Annotated[list[str], add]
    timings_ms: Annotated[Mapping[str, float], or_]


class SqlState(SqlOutput, total=False):
    """Everything the nodes hand on.

    `draft` is the query before the guard, `drafts` are all that were tried; `problem` is what a
    repair has to mend; `rounds` counts how often was asked back.
    """

    asked: str
    problem: Failure | None
    drafts: Annotated[list[str], add]
    rounds: int
    refreshed: bool
    examples: list[dict[str, Any]]
    nearest: list[str]
    hints: list[Option]
