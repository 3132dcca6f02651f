"""Asks the agent, and shows its answer with where it comes from."""

from typing import TYPE_CHECKING, Final

from rich.text import Text

from cli.asking_sql import draw_clarify, draw_query
from cli.problems import Problem, ProblemError, UsageProblemError
from cli.tables import table
from cli.wording import degraded_note, excerpt, place, printable, text_argument
from service.agent_schemas import AgentAnswer, AgentRequest, AgentRows

if TYPE_CHECKING:
    from rich.console import Console

    from cli.backend import Backend

SHOWN: Final = 50
"""Rows that are shown to people; `--json` has all of them."""
_SAID: Final = 5
"""Rows that the answer itself lists; so few need no table."""


def read_request(
    question: str | None,
    *,
    collection: str,
    datasource: str | None,
    conversation: str | None,
    resume: str | None,
    choose: str | None,
) -> AgentRequest:
    """Make a request of what was written on the command line.

    Raises:
        UsageProblemError: something is missing, or does not go together.
    """
    from pydantic import ValidationError

    asked = text_argument(question) if question is not None else None
    try:
        return AgentRequest(
            question=asked,
            collection=collection,
            datasource=datasource,
            conversation_id=conversation,
            run_id=resume,
            choice=choose,
        )
    except ValidationError as error:
        raise UsageProblemError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error


async def follow(backend: "Backend", request: AgentRequest, live: "Console | None") -> AgentAnswer:
    """Read the stream to its end, printing the answer as it is written.

    Raises:
        ProblemError: the service could not answer.
    """
    found: AgentAnswer | None = None
    async for event in backend.agent.ask(request):
        if event.type == "token" and live is not None:
            live.print(printable(event.data["text"]), end="", markup=False)
        elif event.type == "error":
            raise ProblemError(Problem.model_validate(event.data))
        elif event.type == "run.finished":
            found = AgentAnswer.model_validate(event.data)
    if found is None:
        raise ProblemError(
            Problem(
                type="/problems/stream-cut",
                title="The answer was cut short",
                status=503,
                detail="the stream ended before the answer did; ask again",
            )
        )
    if live is not None and found.clarify is None:
        live.print()
    return found


def draw_answer(out: "Console", answer: AgentAnswer) -> None:
    """Show what stands behind an answer that was printed already, or the question back."""
    if answer.clarify is not None:
        draw_clarify(out, answer.clarify)
        return
    if answer.database is not None:
        _draw_rows(out, answer.database)
    if answer.citations:
        out.print(Text("\nSources", style="bold"))
    for citation in answer.citations:
        where = place(citation.source, citation.page, citation.heading_path)
        out.print(Text.assemble((f"[{citation.marker}] ", "bold"), (where, "cyan")))
        out.print(Text(f"    “{excerpt(citation.quote, 240)}”"))
    tried = ", ".join(f"{call.tool} ({call.outcome})" for call in answer.calls)
    out.print(Text(f"Tools: {tried}; chosen by {answer.chosen_by}", style="dim"))
    if answer.degraded:
        out.print(Text(printable(degraded_note(answer.degraded)), style="yellow"))


def _draw_rows(out: "Console", found: AgentRows) -> None:
    if len(found.rows) > _SAID:
        rows = table(*found.columns)
        for row in found.rows[:SHOWN]:
            rows.add_row(*("–" if cell is None else printable(str(cell)) for cell in row))
        out.print(rows.grid)
    out.print(Text(f"\n{found.row_count} rows from {found.datasource}", style="dim"))
    draw_query(out, found.sql, found.params)
