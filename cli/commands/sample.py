"""`cicerone sample`."""

from typing import Annotated

import typer

from cli.options import JsonOption, examples

group = typer.Typer(no_args_is_help=True, help="Try it with a sample company's manuals.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="sample")


@group.command("load", epilog=examples("cicerone sample load", "cicerone sample load --json"))
def load_sample(
    ctx: typer.Context,
    collection: Annotated[
        str | None,
        typer.Option("--collection", "-c", help="The collection; its own one without it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Render the sample company's manuals and read them into a collection."""
    from cli.commands.ingest import ingest_and_show
    from cli.files import LocalFile
    from cli.output import Output
    from cli.session import read_settings
    from cli.wording import require_collection
    from examples.company import SAMPLE_COLLECTION, sample_manuals

    name = collection or SAMPLE_COLLECTION
    require_collection(name)
    files = [LocalFile(path.name, path) for path in sample_manuals(read_settings(ctx).home)]
    ingest_and_show(ctx, Output(as_json=as_json), name, files)
