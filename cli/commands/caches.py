"""`cicerone caches`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.cache_schemas import CachesRead


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "cicerone caches",
            "cicerone caches --json",
            "cicerone caches --clear",
            "cicerone caches --clear --collection manuals",
        )
    )(caches)


def caches(
    ctx: typer.Context,
    clear: Annotated[
        bool, typer.Option("--clear", help="Let no answer given so far come from a cache again.")
    ] = False,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="With --clear: only this one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the caches of answers and embeddings do, or empty them."""
    from cli.output import Output
    from cli.problems import UsageProblemError
    from cli.session import run_backend
    from cli.wording import require_collection

    output = Output(as_json=as_json)
    if not clear:
        if collection is not None:
            raise UsageProblemError("--collection goes with --clear")
        found = run_backend(ctx, lambda backend: backend.upkeep.caches())
        output.show(found, lambda out: _draw(out, found))
        return
    if collection is not None:
        require_collection(collection)
    done = run_backend(ctx, lambda backend: backend.upkeep.clear_caches(collection))
    text = f"{done.collections} collections and {done.questions} questions forgotten"
    output.show(done, lambda out: out.print(text))


def _draw(out: "Console", found: "CachesRead") -> None:
    from cli.tables import table

    out.print(f"{found.plugin or 'no cache'}: {found.status.value}, {found.detail}", markup=False)
    rows = table("cache", "on", "hits", "misses", "stored", "stale", "broken", "failed", "entries")
    for each in found.caches:
        counts = (each.hits, each.misses, each.stored, each.stale, each.broken, each.failed)
        rows.add_row(each.name, "yes" if each.enabled else "no", *counts, each.entries)
    out.print(rows.grid)
