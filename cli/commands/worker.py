"""`cicerone worker`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.output import Output
    from service.settings import Settings

ALL = "jobs,parse,embed,index"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "cicerone worker",
            "cicerone worker --queues embed --concurrency 4",
            "cicerone worker --metrics-port 9808",
            "cicerone worker --beat   [dim]# one worker also keeps the schedules[/dim]",
        )
    )(worker)


def worker(
    ctx: typer.Context,
    queues: Annotated[
        str, typer.Option("--queues", "-q", help="Queues to work at, with commas between.")
    ] = ALL,
    concurrency: Annotated[
        int, typer.Option(min=1, max=256, help="Processes; each loads the model for itself.")
    ] = 1,
    beat: Annotated[
        bool, typer.Option("--beat", help="Also keep the schedules; one worker does.")
    ] = False,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65_000, help="Serve /metrics here; further processes at the next ports."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Work at jobs that a server spreads over workers; SIGTERM stops at the next safe place."""
    from cli.output import Output
    from cli.session import read_settings
    from cli.working import work_at
    from service.logs import configure_logs

    settings = _with_port(read_settings(ctx), metrics_port)
    configure_logs(
        level=settings.log.level,
        log_format=settings.log.format,
        production=settings.environment == "production",
    )
    names, output = _names(queues), Output(as_json=as_json)
    code = work_at(
        settings,
        names,
        concurrency=concurrency,
        beat=beat,
        on_ready=lambda: _welcome(settings, output, names, concurrency, beat=beat),
    )
    if code:
        raise typer.Exit(code)


def _with_port(settings: "Settings", port: int | None) -> "Settings":
    """Let the option win over the settings."""
    if port is None:
        return settings
    metrics = settings.metrics.model_copy(update={"worker_port": port})
    return settings.model_copy(update={"metrics": metrics})


def _names(queues: str) -> list[str]:
    known = ALL.split(",")
    names = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = sorted(set(names) - set(known))
    if unknown or not names:
        raise typer.BadParameter(
            f"there is no queue {', '.join(unknown) or queues!r}; choose from {ALL}",
            param_hint="--queues",
        )
    return names


def _welcome(
    settings: "Settings", output: "Output", queues: "Sequence[str]", concurrency: int, *, beat: bool
) -> None:
    """Say what this worker does, once it is connected to the broker."""
    import os

    document = {
        "queues": list(queues),
        "queue_prefix": settings.jobs.celery.queue_prefix,
        "concurrency": concurrency,
        "beat": beat,
        "metrics_port": settings.metrics.worker_port,
        "pid": os.getpid(),
    }
    output.show(
        document,
        lambda out: out.print(
            f"Working at [bold]{', '.join(queues)}[/bold] in {concurrency} "
            f"process{'es' if concurrency > 1 else ''}{', with beat' if beat else ''}. "
            "Ctrl+C stops it."
        ),
    )
