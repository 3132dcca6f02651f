"""`cicerone ask`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import (
    CollectionOption,
    ExplainOption,
    FilterOption,
    JsonOption,
    ModeOption,
    RerankOption,
    StrategyOption,
    examples,
)

if TYPE_CHECKING:
    from rich.console import Console

    from cli.backend import Backend
    from cli.problems import Problem
    from service.schemas import Answer, AskRequest


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "cicerone ask 'How do I reset the clock?'",
            "cicerone ask 'What does E4 mean?' -c manuals --json",
            "cicerone ask 'And how often?' --conversation kitchen-2",
            "cicerone ask 'How often must I descale?' -f source='kettle*' -f language=en",
            "cicerone ask 'What does E4 mean?' --explain",
            "cicerone ask - < question.txt",
        )
    )(ask)


def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="The question; - reads standard input.")],
    collection: CollectionOption = "default",
    top_k: Annotated[
        int, typer.Option("-k", "--top-k", min=1, max=20, help="How many passages to answer from.")
    ] = 8,
    mode: ModeOption = "hybrid",
    rerank: RerankOption = None,
    conversation: Annotated[
        str | None,
        typer.Option("--conversation", help="Carry this conversation on, or begin it."),
    ] = None,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Take the answer from a cache, or do not.")
    ] = True,
    filters: FilterOption = None,
    strategy: StrategyOption = None,
    explain: ExplainOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the documents, with checked citations."""
    from cli.filtering import read_filters
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_conversation_id, text_argument
    from graphs.query.settings import Strategy
    from service.schemas import AskRequest, SearchMode

    if conversation is not None:
        require_conversation_id(conversation)
    request = AskRequest(
        question=text_argument(question),
        collection=collection,
        top_k=top_k,
        mode=SearchMode(mode),
        rerank=rerank,
        conversation_id=conversation,
        cache=cache,
        filters=read_filters(filters),
        strategy=None if strategy is None else Strategy(strategy),
        explain=explain,
    )
    output = Output(as_json=as_json)
    live = None if as_json else output.out
    answer = run_backend(ctx, lambda backend: _follow(backend, request, live))
    output.show(answer, lambda out: _draw_sources(out, answer))


async def _follow(backend: "Backend", request: "AskRequest", live: "Console | None") -> "Answer":
    """Read the stream to its end, printing the answer as it is written."""
    from cli.problems import Problem, ProblemError
    from cli.wording import printable
    from service.schemas import Answer

    answer: Answer | None = None
    async for event in backend.ask(request):
        if event.type == "token" and live is not None:
            live.print(printable(event.data["text"]), end="", markup=False)
        elif event.type == "error":
            raise ProblemError(Problem.model_validate(event.data))
        elif event.type == "run.finished":
            answer = Answer.model_validate(event.data)
    if live is not None:
        live.print()
    if answer is None:
        raise ProblemError(_cut_short())
    return answer


def _draw_sources(out: "Console", answer: "Answer") -> None:
    from rich.text import Text

    from cli.explaining import draw_explanation
    from cli.wording import degraded_note, excerpt, place

    if answer.citations:
        out.print(Text("\nSources", style="bold"))
    for citation in answer.citations:
        where = place(citation.source, citation.page, citation.heading_path)
        out.print(Text.assemble((f"[{citation.marker}] ", "bold"), (where, "cyan")))
        out.print(Text(f"    “{excerpt(citation.quote, 240)}”"))
    if answer.cached:
        out.print(Text(f"Answered before ({answer.cached} cache)", style="dim"))
    if answer.degraded:
        out.print(Text(degraded_note(answer.degraded), style="yellow"))
    if answer.explanation is not None:
        draw_explanation(out, answer.explanation)


def _cut_short() -> "Problem":
    from cli.problems import Problem

    return Problem(
        type="/problems/stream-cut",
        title="The answer was cut short",
        status=503,
        detail="the stream ended before the answer did; ask again",
    )
