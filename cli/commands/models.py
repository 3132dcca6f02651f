"""`cicerone models`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from providers.embedder.model_folder import PreparedModel
    from providers.model_kinds import FoundModel

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


@group.command("list", epilog=examples("cicerone models list", "cicerone models list --json"))
def list_found(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the models in the models folder, and what each is for."""
    from cli.output import Output
    from cli.session import read_settings
    from providers.embedder.prepare import list_models
    from providers.model_kinds import find_models

    folder = read_settings(ctx).models_dir
    prepared = list_models(folder)
    known = {model.name for model in prepared}
    others = [model for model in find_models(folder) if model.name not in known]
    found = [*map(_describe, prepared), *map(_describe_other, others)]
    document = {"models_dir": str(folder), "models": found}
    Output(as_json=as_json).show(document, lambda out: _draw(out, found))


def _describe(model: "PreparedModel") -> dict[str, Any]:
    return {
        "name": model.name,
        "kind": "embedder",
        "folder": str(model.folder),
        "dimensions": model.dimensions,
        "pooling": model.pooling,
        "origin": model.origin,
        "fingerprint": model.fingerprint,
        "bytes": sum(model.sizes.values()),
        "files": dict(model.files),
        "missing": [],
    }


def _describe_other(model: "FoundModel") -> dict[str, Any]:
    """Describe a folder that somebody filled by hand, with the same keys."""
    return {
        "name": model.name,
        "kind": model.kind.value,
        "folder": str(model.folder),
        "dimensions": model.dimensions,
        "pooling": None,
        "origin": "by hand",
        "fingerprint": None,
        "bytes": model.size,
        "files": {},
        "missing": list(model.missing),
    }


def _draw(out: "Console", models: "Sequence[dict[str, Any]]") -> None:
    from cli.tables import table

    if not models:
        out.print("No model is ready; `cicerone models prepare` makes the default one.")
        return
    rows = table("model", "for", "dimensions", "fingerprint", "MiB", "origin", "missing")
    for model in models:
        rows.add_row(
            model["name"],
            model["kind"],
            model["dimensions"] or "",
            model["fingerprint"] or "",
            round(model["bytes"] / 2**20, 1),
            model["origin"],
            ", ".join(model["missing"]),
        )
    out.print(rows.grid)
