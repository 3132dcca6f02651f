"""`cicerone search`."""

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

    from service.schemas import SearchResult

EXCERPT_CHARS = 320
"""How much of a passage a person is shown."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "cicerone search 'reset the clock'",
            "cicerone search 'error E4' -c manuals -k 3 --mode sparse --json",
            "pbpaste | cicerone search -",
        )
    )(search)


def search(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for; - reads standard input.")],
    collection: CollectionOption = "default",
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 8,
    mode: ModeOption = "hybrid",
    rerank: RerankOption = None,
    filters: FilterOption = None,
    strategy: StrategyOption = None,
    explain: ExplainOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find passages, each with its document, page and heading."""
    from cli.filtering import read_filters
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import text_argument
    from graphs.query.settings import Strategy
    from service.schemas import SearchMode, SearchRequest

    request = SearchRequest(
        query=text_argument(query),
        collection=collection,
        k=k,
        mode=SearchMode(mode),
        rerank=rerank,
        filters=read_filters(filters),
        strategy=None if strategy is None else Strategy(strategy),
        explain=explain,
    )
    result = run_backend(ctx, lambda backend: backend.search(request))
    Output(as_json=as_json).show(result, lambda out: _draw(out, result))


def _draw(out: "Console", result: "SearchResult") -> None:
    from rich.text import Text

    from cli.explaining import draw_explanation
    from cli.wording import degraded_note, excerpt, place

    if not result.hits:
        out.print("Nothing found.")
    for hit in result.hits:
        where = place(hit.source, hit.page, hit.heading_path)
        out.print(Text.assemble((f"{hit.rank}. ", "bold"), (where, "bold cyan")))
        out.print(Text(f"   {excerpt(hit.text, EXCERPT_CHARS)}\n"))
    if result.degraded:
        out.print(Text(degraded_note(result.degraded), style="yellow"))
    if result.explanation is not None:
        draw_explanation(out, result.explanation)
