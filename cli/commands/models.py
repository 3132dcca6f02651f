"""`cicerone models`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from graphs.gateway.settings import DeploymentSettings, RoleSettings
    from providers.embedder.model_folder import PreparedModel
    from providers.model_kinds import FoundModel
    from service.settings import Settings

group = typer.Typer(no_args_is_help=True, help="Prepare local models; list and simulate others.")


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
def list_models(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List what is in the models folder, the models of the settings, and what each role asks."""
    from cli.output import Output
    from cli.session import read_settings

    settings = read_settings(ctx)
    found = _found(settings.models_dir)
    document = {
        "models_dir": str(settings.models_dir),
        "models": found,
        "deployments": [_deployment(name, one) for name, one in settings.models.items()],
        "roles": {role.value: _role(one) for role, one in settings.roles.items()},
    }
    Output(as_json=as_json).show(document, lambda out: _draw_all(out, found, settings))


def _found(folder: "Path") -> list[dict[str, Any]]:
    from providers.embedder.prepare import list_models as list_prepared
    from providers.model_kinds import find_models

    prepared = list_prepared(folder)
    known = {model.name for model in prepared}
    others = [model for model in find_models(folder) if model.name not in known]
    return [*map(_describe, prepared), *map(_describe_other, others)]


@group.command(
    "simulate",
    epilog=examples(
        "cicerone models simulate --port 8800",
        "curl http://127.0.0.1:8800/v1/models",
    ),
)
def simulate(
    port: Annotated[
        int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)
    ] = 8800,
    as_json: JsonOption = False,
) -> None:
    """Serve scripted models as an OpenAI-compatible server, on this machine only, until Ctrl-C.

    A model's name says how it answers: scripted, scripted-401, -404, -429 (-429-after-2),
    -500, -503, -reset, -cut, -malformed, -endless, -empty, -wrongtool, -invalidjson, -timeout; with
    -slow-200ms, -tps-50 and -flaky-2 behind it.
    """
    import anyio

    from cli.output import Output
    from providers.chat_model.scripted_server import ScriptedServer

    async def serve() -> None:
        async with ScriptedServer(port=port) as server:
            told = {"base_url": server.base_url}
            Output(as_json=as_json).show(
                told, lambda out: out.print(f"scripted models at {server.base_url}")
            )
            await anyio.sleep_forever()

    anyio.run(serve)


def _deployment(name: str, one: "DeploymentSettings") -> dict[str, Any]:
    """Describe a model of the settings; its options may hold a key and are left out."""
    return {
        "name": name,
        "plugin": one.plugin,
        "model": one.options.get("model"),
        "prices": None if one.prices is None else asdict(one.prices),
        "quality": one.quality,
        "latency_ms": one.latency_ms,
    }


def _role(one: "RoleSettings") -> dict[str, Any]:
    return one.model_dump(mode="json", exclude_none=True)


def _draw_all(out: "Console", models: "Sequence[dict[str, Any]]", settings: "Settings") -> None:
    from cli.tables import table

    _draw(out, models)
    if settings.models:
        rows = table("name", "plugin", "model", "USD in / out (1M tokens)", "quality")
        for name, one in settings.models.items():
            price = f"{one.prices.input:g} / {one.prices.output:g}" if one.prices else "as known"
            rows.add_row(name, one.plugin, one.options.get("model"), price, one.quality)
        out.print(rows.grid)
    rows = table("role", "models", "route", "time-out (s)")
    if "synthesize" not in settings.roles:
        rows.add_row("synthesize", f"{settings.chat_model.plugin} (chat_model)", "order", None)
    for role, served in settings.roles.items():
        rows.add_row(role.value, ", ".join(served.models), served.route.value, served.timeout_s)
    out.print(rows.grid)


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
