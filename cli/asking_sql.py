"""Asks databases, and shows answers with the queries that found them."""

from typing import TYPE_CHECKING, Any, Final, Literal

from rich.text import Text

from cli.problems import Problem, ProblemError, UsageProblemError
from cli.tables import table
from cli.wording import degraded_note, printable, text_argument
from service.sql_schemas import ExampleList, SqlAnswer, SqlRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from cli.backend import Backend
    from service.agent_schemas import AgentClarify, AgentOption
    from service.sql_schemas import SqlClarify, SqlOption

SHOWN: Final = 50
"""Rows that are shown to people; `--json` has all of them."""
_KEYS: Final = (
    "answer", "route", "sql", "params", "columns", "rows", "row_count", "truncated",
    "assumptions", "clarify", "confidence", "error", "trace_id",
)  # fmt: skip


def read_request(
    question: str | None,
    datasource: str,
    route: Literal["all", "verified", "rule", "llm"],
    resume: str | None,
    choose: str | None,
) -> SqlRequest:
    """Make a request of what was written on the command line.

    Raises:
        UsageProblemError: something is missing, or does not go together.
    """
    from pydantic import ValidationError

    if not datasource:
        raise UsageProblemError("name a datasource: --datasource NAME")
    asked = text_argument(question) if question is not None else None
    try:
        return SqlRequest(
            datasource=datasource, question=asked, route=route, run_id=resume, choice=choose
        )
    except ValidationError as error:
        raise UsageProblemError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error


async def answer_of(backend: "Backend", request: SqlRequest) -> SqlAnswer:
    """Read the stream to its end.

    Raises:
        ProblemError: the service could not answer.
    """
    async for event in backend.sql.ask(request):
        if event.type == "error":
            raise ProblemError(Problem.model_validate(event.data))
        if event.type == "run.finished":
            return SqlAnswer.model_validate(event.data)
    raise ProblemError(
        Problem(
            type="/problems/stream-cut",
            title="The answer was cut short",
            status=503,
            detail="the stream ended before the answer did; ask again",
        )
    )


def to_json(answer: SqlAnswer) -> dict[str, Any]:
    """Return the answer as programs read it."""
    whole = answer.model_dump(mode="json")
    return {key: whole[key] for key in _KEYS}


def draw_answer(out: "Console", answer: SqlAnswer) -> None:
    """Show the rows or the question back, and how the answer was found."""
    if answer.clarify is not None:
        draw_clarify(out, answer.clarify)
        return
    if answer.error is not None:
        rule = f" ({answer.error.rule})" if answer.error.rule else ""
        said = f"{answer.error.code}{rule}: {printable(answer.error.message)}"
        out.print(Text(said, style="red"))
        return
    if answer.rows:
        rows = table(*answer.columns)
        for row in answer.rows[:SHOWN]:
            rows.add_row(*("–" if cell is None else printable(str(cell)) for cell in row))
        out.print(rows.grid)
    else:
        out.print(answer.answer, markup=False)
    _draw_origin(out, answer)


def _draw_origin(out: "Console", answer: SqlAnswer) -> None:
    more = f", cut at {answer.truncated_by}" if answer.truncated else ""
    out.print(Text(f"{answer.row_count} rows{more}; route: {answer.route}", style="dim"))
    if answer.matched:
        out.print(Text(f"As for: {answer.matched}", style="dim"))
    for assumption in answer.assumptions:
        out.print(Text(f"Assumed: {printable(assumption)}", style="yellow"))
    draw_query(out, answer.sql, answer.params)
    if answer.degraded:
        out.print(Text(degraded_note(answer.degraded), style="yellow"))


def draw_query(out: "Console", sql: str, params: "Mapping[str, Any]") -> None:
    """Draw the query that was run, with the values that were bound."""
    out.print(Text(sql, style="cyan"))
    if params:
        shown = ", ".join(f"{name} = {value!r}" for name, value in params.items())
        out.print(Text(shown, style="dim"))


def draw_clarify(out: "Console", asked: "SqlClarify | AgentClarify | None") -> None:
    """Draw what is asked back, and how to choose."""
    if asked is None:
        return
    out.print(asked.question, markup=False)
    options: Sequence[AgentOption | SqlOption] = asked.options
    for at, option in enumerate(options, 1):
        out.print(Text(f"  {at}. {printable(option.label)}"))
    if asked.run_id is not None and asked.options:
        out.print(Text(f"Choose: --resume {asked.run_id} --choose 1", style="dim"))


def draw_examples(out: "Console", found: ExampleList) -> None:
    """Show verified questions in a table."""
    rows = table("id", "question", "state", "approved by", "approved")
    for one in found.examples:
        state = one.state if one.problem is None else f"{one.state}: {one.problem}"
        rows.add_row(one.id, one.question, state, one.approved_by, f"{one.approved_at:%Y-%m-%d}")
    out.print(rows.grid)
