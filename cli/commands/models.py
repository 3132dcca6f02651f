"""`cicerone models`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from providers.embedder.model_folder import PreparedModel

group = typer.Typer(no_args_is_help=True, help="Prepare and list the local models.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="models")


@group.command(
    "prepare", epilog=examples("cicerone models prepare", "cicerone models prepare --json")
)
def prepare_model(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="The model; the default embedder's without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a model folder; doing it again changes nothing."""
    from cli.output import Output
    from cli.problems import UsageProblemError
    from cli.session import read_settings
    from providers.embedder.prepare import DEFAULT_MODEL, prepare
    from providers.embedder.recipes import RECIPES

    wanted = name or DEFAULT_MODEL
    if wanted not in RECIPES:
        raise UsageProblemError(f"no recipe for the model {wanted!r}; known: {', '.join(RECIPES)}")
    output = Output(as_json=as_json)
    model = prepare(read_settings(ctx).models_dir, wanted, output.note)
    output.show(_describe(model), lambda out: out.print(f"{model.name} is ready in {model.folder}"))


@group.command("list", epilog=examples("cicerone models list --json"))
def list_prepared(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the models that are ready to use."""
    from cli.output import Output
    from cli.session import read_settings
    from providers.embedder.prepare import list_models

    folder = read_settings(ctx).models_dir
    found = list_models(folder)
    document = {"models_dir": str(folder), "models": [_describe(model) for model in found]}
    Output(as_json=as_json).show(document, lambda out: _draw(out, found))


def _describe(model: "PreparedModel") -> dict[str, Any]:
    return {
        "name": model.name,
        "folder": str(model.folder),
        "dimensions": model.dimensions,
        "pooling": model.pooling,
        "origin": model.origin,
        "fingerprint": model.fingerprint,
        "bytes": sum(model.sizes.values()),
        "files": dict(model.files),
    }


def _draw(out: "Console", models: "Sequence[PreparedModel]") -> None:
    from cli.tables import table

    if not models:
        out.print("No model is ready; `cicerone models prepare` makes the default one.")
        return
    rows = table("model", "dimensions", "fingerprint", "MiB", "origin")
    for model in models:
        size = round(sum(model.sizes.values()) / 2**20, 1)
        rows.add_row(model.name, model.dimensions, model.fingerprint, size, model.origin)
    out.print(rows.grid)
