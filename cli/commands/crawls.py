"""The commands of `cicerone sources` that crawl."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from cli.backend import Backend
    from cli.output import Output
    from service.schemas import JobRead
    from service.source_schemas import UploadUrl

NameArgument = Annotated[str, typer.Argument(help="The source's name.", metavar="NAME")]


def extend(group: typer.Typer) -> None:
    """Add the commands to the group of sources."""
    group.command(
        "crawl",
        epilog=examples("cicerone sources crawl manuals", "cicerone sources crawl site --json"),
    )(crawl_source)
    group.command("watch", epilog=examples("cicerone sources watch manuals"))(watch_source)
    group.command(
        "upload-url", epilog=examples("cicerone sources upload-url partner manual.pdf --json")
    )(make_upload_url)


def crawl_source(
    ctx: typer.Context,
    name: NameArgument,
    ignore_window: Annotated[
        bool, typer.Option("--ignore-window", help="Crawl although its window is closed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at a source now, and take in what is new.

    Exits with 1 unless all that was fetched could be taken in.
    """
    from cli.crawling import crawl
    from cli.output import Output
    from cli.session import run_backend

    output = Output(as_json=as_json)
    with output.progress() as bar:
        task = bar.add_task(f"crawling {name}", total=None)

        def announce(message: str, done: int) -> None:
            bar.update(task, description=message[:60], completed=done)

        job = run_backend(
            ctx,
            lambda backend: crawl(backend, name, announce, ignore_window=ignore_window),
        )
    if not _show(output, job):
        raise typer.Exit(1)


def watch_source(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Crawl a source at each of its changes, until it is interrupted.

    A server does so by itself for a source that was added with --watch.
    """
    from cli.output import Output
    from cli.session import run_backend

    output = Output(as_json=as_json)

    async def follow(backend: "Backend") -> None:
        async for job in backend.sources.watch(name):
            _show(output, job)

    run_backend(ctx, follow)


def make_upload_url(
    ctx: typer.Context,
    name: NameArgument,
    filename: Annotated[str, typer.Argument(help="What the file will be called.")],
    max_mb: Annotated[float | None, typer.Option(help="The largest file, MiB.")] = None,
    expires_s: Annotated[float | None, typer.Option(help="How long it is good for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an address at which a partner can leave one file, once, without a key."""
    from cli.output import Output
    from cli.session import run_backend
    from service.source_schemas import UploadUrlRequest

    wanted = UploadUrlRequest(name=filename, max_mb=max_mb, expires_s=expires_s)

    async def make(backend: "Backend") -> "UploadUrl":
        return await backend.sources.upload_url(name, wanted)

    made = run_backend(ctx, make)
    Output(as_json=as_json).show(
        made, lambda out: out.print(f"{made.method} {made.path}", markup=False, soft_wrap=True)
    )


def _show(output: "Output", job: "JobRead") -> bool:
    """Show what a crawl came to; tell whether it is clean."""
    from cli.source_tables import draw_crawl
    from service.schemas import JobStatus
    from service.source_schemas import CrawlReport

    if job.status is not JobStatus.SUCCEEDED or job.result is None:
        output.show(job, lambda out: out.print(f"{job.status.value}: {job.message}", markup=False))
        return False
    report = CrawlReport.model_validate(job.result)
    output.show(report, lambda out: draw_crawl(out, report))
    if report.paused:
        output.note("the crawl window has closed; what is left is fetched when it opens")
    quarantined = report.reasons.get("fetched", {}).get("quarantined", 0)
    return not report.failed and not quarantined
