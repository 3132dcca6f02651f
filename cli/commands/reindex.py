"""`cicerone reindex` and `cicerone indexes`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import CollectionOption, JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from service.upkeep.shapes import GoldenQuestion, IndexRead

group = typer.Typer(no_args_is_help=True, help="List the vector indexes of collections.")


def register(app: typer.Typer) -> None:
    """Add the command and the group."""
    app.command(
        epilog=examples(
            "cicerone reindex -c manuals",
            "cicerone reindex -c manuals --golden questions.jsonl --json",
            "cicerone reindex -c manuals --rollback",
        )
    )(reindex)
    app.add_typer(group, name="indexes")


def reindex(
    ctx: typer.Context,
    collection: CollectionOption = "default",
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Go back to the index that was live before.")
    ] = False,
    golden: Annotated[
        Path | None,
        typer.Option(help='Lines {"question", "sources"}: the new index must do as well.'),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build the index that the settings ask for beside the live one, check it, and switch.

    Searches go on with the live index until then. Stop it any time: it goes on the next time.
    """
    from cli.following import run_job
    from cli.output import Output
    from cli.wording import require_collection
    from service.upkeep.shapes import ReindexRequest

    require_collection(collection)
    questions = [] if golden is None else _questions(golden)
    wanted = ReindexRequest(rollback=rollback, golden=questions)
    output = Output(as_json=as_json)
    job = run_job(
        ctx, lambda backend: backend.upkeep.reindex(collection, wanted), output, "indexing"
    )
    result = job.result or {}
    text = f"{collection} is searched in {result.get('index')}"
    output.show(result, lambda out: out.print(text if result["changed"] else result["message"]))


@group.command(
    "list", epilog=examples("cicerone indexes list", "cicerone indexes list -c manuals --json")
)
def list_indexes(
    ctx: typer.Context,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="Only this collection.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List indexes, newest first: the live one, one being built, and those that can come back."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.upkeep.indexes(collection))
    document = {"indexes": [index.model_dump(mode="json") for index in found]}
    Output(as_json=as_json).show(document, lambda out: _draw(out, found))


def _questions(path: Path) -> "list[GoldenQuestion]":
    from cli.problems import UsageProblemError
    from service.upkeep.shapes import GoldenQuestion

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [GoldenQuestion.model_validate_json(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageProblemError(
            f'{path} must hold lines such as {{"question": "…", "sources": ["a.pdf"]}}: {error}'
        ) from error


def _draw(out: "Console", indexes: "Sequence[IndexRead]") -> None:
    from cli.tables import table

    rows = table("index", "collection", "state", "vectors", "embedder", "sparse encoder", "since")
    for index in indexes:
        since = index.activated_at or index.created_at
        rows.add_row(
            index.name,
            index.collection,
            index.state,
            index.vectors,
            index.embedder,
            index.sparse_encoder,
            since.isoformat(sep=" ", timespec="seconds"),
        )
    out.print(rows.grid)
