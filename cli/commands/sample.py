"""`cicerone sample`."""

from typing import Annotated

import typer

from cli.options import JsonOption, examples

group = typer.Typer(no_args_is_help=True, help="Try it with a sample company's manuals and shop.")


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
    """Read the sample company's manuals into a collection, and set up its shop as a datasource."""
    from cli.commands.ingest import ingest_and_show
    from cli.files import LocalFile
    from cli.output import Output
    from cli.sampling import load_shop
    from cli.session import read_settings, run_backend
    from cli.wording import require_collection
    from examples.company import SAMPLE_COLLECTION, sample_manuals
    from examples.shop.making import sample_shop

    name = collection or SAMPLE_COLLECTION
    require_collection(name)
    home, output = read_settings(ctx).home, Output(as_json=as_json)
    shop = sample_shop(home.absolute())
    questions = run_backend(ctx, lambda backend: load_shop(backend, shop))
    output.note(f"datasource shop: {questions} verified questions")
    files = [LocalFile(path.name, path) for path in sample_manuals(home)]
    ingest_and_show(ctx, output, name, files)
