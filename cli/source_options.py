"""Options of the commands that set up sources, and what they mean together."""

from typing import Annotated, Any, Literal

import typer

NONE = "none"
"""Says on the command line that something is to be removed."""

PluginOption = Annotated[
    str, typer.Option("--plugin", "-p", help="folder, web, browser, bucket, vendor_api or push.")
]
OptionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--option", "-o", help="An option of the plugin; repeatable.", metavar="KEY=VALUE"
    ),
]
CollectionOf = Annotated[
    str, typer.Option("--collection", "-c", help="The collection that its documents go into.")
]
VendorOption = Annotated[str | None, typer.Option(help="Who the documents come from.")]
ProductOption = Annotated[str | None, typer.Option(help="The sku that they are about.")]
LicenceOption = Annotated[str | None, typer.Option(help="The licence that they have.")]
IsPublicOption = Annotated[
    bool | None, typer.Option("--public/--private", help="Whether the public may see them.")
]
ScheduleOption = Annotated[
    str | None, typer.Option(help="When to crawl, as cron says it: '0 3 * * *'.")
]
TimezoneOption = Annotated[
    str | None, typer.Option(help="The time zone of schedule and window; UTC by default.")
]
WindowOption = Annotated[
    str | None, typer.Option(help="When a crawl may work.", metavar="HH:MM-HH:MM")
]
OnGoneOption = Annotated[
    Literal["delete", "keep"] | None,
    typer.Option(help="What becomes of a document whose item is gone; deleted by default."),
]
WatchOption = Annotated[
    bool | None, typer.Option("--watch/--no-watch", help="Let a server crawl at each change.")
]
EnabledOption = Annotated[
    bool | None, typer.Option("--enabled/--disabled", help="Whether it is crawled at all.")
]


def given(
    *, options: list[str] | None, window: str | None, **fields: object | None
) -> dict[str, Any]:
    """Return the fields that were given, by the names of the service.

    Raises:
        UsageProblemError: an option or the window cannot be read.
    """
    from cli.key_values import read_options
    from cli.problems import UsageProblemError

    found = {
        name: None if value == NONE else value
        for name, value in fields.items()
        if value is not None
    }
    if options:
        found["options"] = read_options(options)
    if window == NONE:
        found |= {"window_start": None, "window_end": None}
    elif window is not None:
        start, sign, end = window.partition("-")
        if not sign:
            raise UsageProblemError(f"--window {window!r} is not HH:MM-HH:MM, such as 22:00-06:00")
        found |= {"window_start": start.strip(), "window_end": end.strip()}
    return found
