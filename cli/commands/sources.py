"""`cicerone sources`."""

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, LimitOption, examples
from cli.source_options import (
    CollectionOf,
    EnabledOption,
    IsPublicOption,
    LicenceOption,
    OnGoneOption,
    OptionOption,
    PluginOption,
    ProductOption,
    ScheduleOption,
    TimezoneOption,
    VendorOption,
    WatchOption,
    WindowOption,
    given,
)

if TYPE_CHECKING:
    from cli.backend import Backend
    from service.source_schemas import SourcePut

group = typer.Typer(no_args_is_help=True, help="Set up, crawl and look at sources of documents.")

NameArgument = Annotated[str, typer.Argument(help="The source's name.", metavar="NAME")]
StateName = Literal["indexed", "duplicate", "quarantined", "failed", "skipped", "gone"]


def register(app: typer.Typer) -> None:
    """Add the group."""
    from cli.commands import crawls

    crawls.extend(group)
    app.add_typer(group, name="sources")


@group.command(
    "add",
    epilog=examples(
        "cicerone sources add manuals --plugin folder -o root=/srv/manuals",
        "cicerone sources add site --plugin web -o start=https://docs.example.com/ "
        "-o max_pages=200 --schedule '0 3 * * *' --window 22:00-06:00 --timezone Europe/Berlin",
        "cicerone sources add partner --plugin push -o keys.acme=env:ACME_KEY",
    ),
)
def add_source(
    ctx: typer.Context,
    name: NameArgument,
    plugin: PluginOption,
    option: OptionOption = None,
    collection: CollectionOf = "default",
    vendor: VendorOption = None,
    product: ProductOption = None,
    licence: LicenceOption = None,
    is_public: IsPublicOption = None,
    schedule: ScheduleOption = None,
    timezone: TimezoneOption = None,
    window: WindowOption = None,
    on_gone: OnGoneOption = None,
    watch: WatchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set up a source; nothing is fetched before its first crawl.

    A secret is named, never given: env:NAME is an environment variable, file:PATH a file.
    """
    from cli.output import Output
    from cli.session import run_backend
    from cli.source_tables import draw_source
    from service.source_schemas import NewSource

    fields = given(
        options=option,
        vendor=vendor,
        product=product,
        licence=licence,
        is_public=is_public,
        schedule=schedule,
        timezone=timezone,
        window=window,
        on_gone=on_gone,
        watch=watch,
    )
    if plugin == "folder" and isinstance(root := fields.get("options", {}).get("root"), str):
        # The server may run elsewhere; what is meant is the folder that is seen from here.
        fields["options"]["root"] = os.path.abspath(root)
    new = NewSource.model_validate(
        {"name": name, "plugin": plugin, "collection": collection, **fields}
    )
    found = run_backend(ctx, lambda backend: backend.sources.add(new))
    Output(as_json=as_json).show(found, lambda out: draw_source(out, found))


@group.command("list", epilog=examples("cicerone sources list", "cicerone sources list --json"))
def list_sources(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the sources by name."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.source_tables import draw_sources

    found = run_backend(ctx, lambda backend: backend.sources.list())
    Output(as_json=as_json).show(found, lambda out: draw_sources(out, found))


@group.command("show", epilog=examples("cicerone sources show manuals --json"))
def show_source(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Show a source, and how many items it has in which state."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.source_tables import draw_source

    _require_name(name)
    found = run_backend(ctx, lambda backend: backend.sources.show(name))
    Output(as_json=as_json).show(found, lambda out: draw_source(out, found))


@group.command(
    "update",
    epilog=examples(
        "cicerone sources update site -o max_pages=500 --schedule '0 4 * * mon'",
        "cicerone sources update site --window none --disabled",
    ),
)
def update_source(
    ctx: typer.Context,
    name: NameArgument,
    option: OptionOption = None,
    vendor: VendorOption = None,
    product: ProductOption = None,
    licence: LicenceOption = None,
    is_public: IsPublicOption = None,
    schedule: ScheduleOption = None,
    timezone: TimezoneOption = None,
    window: WindowOption = None,
    on_gone: OnGoneOption = None,
    watch: WatchOption = None,
    enabled: EnabledOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change some things of a source; what is not given stays, and 'none' removes.

    Options are merged into those that there are; -o KEY= removes one.
    """
    from cli.output import Output
    from cli.session import run_backend
    from cli.source_tables import draw_source
    from service.source_schemas import SourceChange

    _require_name(name)
    fields = given(
        options=option,
        vendor=vendor,
        product=product,
        licence=licence,
        is_public=is_public,
        schedule=schedule,
        timezone=timezone,
        window=window,
        on_gone=on_gone,
        watch=watch,
        enabled=enabled,
    )
    change = SourceChange.model_validate(fields)
    found = run_backend(ctx, lambda backend: backend.sources.update(name, change))
    Output(as_json=as_json).show(found, lambda out: draw_source(out, found))


@group.command(
    "remove",
    epilog=examples(
        "cicerone sources remove site --yes", "cicerone sources remove site --documents --yes"
    ),
)
def remove_source(
    ctx: typer.Context,
    name: NameArgument,
    documents: Annotated[
        bool, typer.Option("--documents", help="Delete its documents too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove a source; its documents stay unless --documents is given."""
    from cli.output import Output
    from cli.session import run_backend

    _require_name(name)
    if not (yes or as_json):
        also = " and its documents" if documents else ""
        typer.confirm(f"Remove the source {name}{also}?", abort=True, err=True)
    removed = run_backend(
        ctx, lambda backend: backend.sources.remove(name, delete_documents=documents)
    )
    Output(as_json=as_json).show(
        removed,
        lambda out: out.print(f"removed {name}, {removed.documents_deleted} documents deleted"),
    )


@group.command("items", epilog=examples("cicerone sources items site --state skipped"))
def list_items(
    ctx: typer.Context,
    name: NameArgument,
    state: Annotated[StateName | None, typer.Option(help="Only items in this state.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only items with this reason, such as robots.")
    ] = None,
    after: Annotated[str, typer.Option(help="Begin behind this URI.", show_default=False)] = "",
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List what a source has, or had, and what became of each."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.source_tables import draw_items

    _require_name(name)
    page = run_backend(
        ctx,
        lambda backend: backend.sources.items(
            name, state=state, reason=reason, after=after, limit=limit
        ),
    )
    Output(as_json=as_json).show(page, lambda out: draw_items(out, page))


@group.command("history", epilog=examples("cicerone sources history site -n 5"))
def show_history(
    ctx: typer.Context, name: NameArgument, limit: LimitOption = 20, as_json: JsonOption = False
) -> None:
    """List the newest crawls of a source first."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.source_tables import draw_history

    _require_name(name)
    found = run_backend(ctx, lambda backend: backend.sources.history(name, limit))
    Output(as_json=as_json).show(found, lambda out: draw_history(out, found))


@group.command("apply", epilog=examples("cicerone sources apply sources.yaml"))
def apply_file(
    ctx: typer.Context,
    path: Annotated[str, typer.Argument(help="A YAML file that declares sources.", metavar="FILE")],
    as_json: JsonOption = False,
) -> None:
    """Let there be the vendors, products and sources of a file; again changes nothing.

    Sources that the file does not name stay as they are.
    """
    from cli.declared import apply, read_declared
    from cli.output import Output
    from cli.session import run_backend
    from cli.source_tables import draw_applied

    declared = read_declared(path)

    async def work(backend: "Backend") -> "list[SourcePut]":
        return await apply(backend.sources, declared)

    done = run_backend(ctx, work)
    document = {"sources": [put.model_dump(mode="json") for put in done]}
    Output(as_json=as_json).show(document, lambda out: draw_applied(out, done))


def _require_name(name: str) -> None:
    from cli.wording import could_be_id, excerpt
    from service.errors import SourceNotFoundError

    if not could_be_id(name):
        raise SourceNotFoundError(f"no source {excerpt(name, 80)!r}")
