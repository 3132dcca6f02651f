"""`cicerone serve`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.app import Mount
    from cli.output import Output
    from service.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "cicerone serve",
            "cicerone serve --port 0 --no-console",
            "cicerone serve --host 0.0.0.0   [dim]# needs an API key or a JWT issuer[/dim]",
        )
    )(serve)


def serve(
    ctx: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; as configured without it.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = None,
    console: Annotated[
        bool | None,
        typer.Option("--console/--no-console", help="The web pages; as configured without it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the server: the API, the OpenAI-compatible face and the web console."""
    from service.memory import begin_start, end_start, return_free_memory

    return_free_memory()
    begin_start()

    import anyio

    from cli.output import Output
    from cli.serving import serve_home
    from cli.session import read_settings
    from service.logs import configure_logs

    settings = _with_options(read_settings(ctx), host, port, console)
    configure_logs(
        level=settings.log.level,
        log_format=settings.log.format,
        production=settings.environment == "production",
    )
    output = Output(as_json=as_json)
    mounts = _mounts(settings)

    def ready(url: str) -> None:
        end_start()
        _welcome(settings, output, url)

    async def main() -> None:
        await serve_home(settings, mounts, ready)

    anyio.run(main, backend_options={"use_uvloop": True})


def _with_options(
    settings: "Settings", host: str | None, port: int | None, console: bool | None
) -> "Settings":
    """Let the options win over the settings."""
    chosen = {"host": host, "port": port}
    server = {name: value for name, value in chosen.items() if value is not None}
    pages = {} if console is None else {"enabled": console}
    return settings.model_copy(
        update={
            "server": settings.server.model_copy(update=server),
            "console": settings.console.model_copy(update=pages),
        }
    )


def _mounts(settings: "Settings") -> "list[Mount]":
    if not settings.console.enabled:
        return []
    from console import mount

    return [mount]


def _welcome(settings: "Settings", output: "Output", url: str) -> None:
    """Say where everything is, once the server answers."""
    import os
    from importlib.metadata import version

    pages = f"{url}/console" if settings.console.enabled else None
    document = {
        "base_url": url,
        "console": pages,
        "api": f"{url}/api",
        "openai": f"{url}/v1",
        "home": str(settings.home.absolute()),
        "pid": os.getpid(),
    }
    output.show(document, lambda out: out.print(_banner(version("cicerone"), document)))


def _banner(version: str, places: "Mapping[str, object]") -> str:
    lines = [f"\n[bold]Cicerone {version}[/bold]\n"]
    if places["console"]:
        lines.append(f"  Console  [cyan]{places['console']}[/cyan]")
    lines.append(f"  API      [cyan]{places['api']}[/cyan]  (openapi.json describes it)")
    lines.append(f"  OpenAI   [cyan]{places['openai']}[/cyan]  (any client of that API)")
    lines.append(f"  Home     {places['home']}\n\nCtrl+C stops it.")
    return "\n".join(lines)
