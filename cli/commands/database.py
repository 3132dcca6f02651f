"""`cicerone db`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from service.settings import Settings

group = typer.Typer(no_args_is_help=True, help="Bring the database to this release.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="db")


@group.command("upgrade", epilog=examples("cicerone db upgrade"))
def upgrade_database(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Create the tables or bring them to this release; doing it again changes nothing."""
    from cli.output import Output
    from cli.session import read_settings
    from data.migrate import current, upgrade

    settings = read_settings(ctx)
    with _sole_owner(settings):
        before = current(settings.database_url)
        upgrade(settings.database_url)
        after = current(settings.database_url)
    text = f"the database is at revision {after}" + ("" if before == after else f", was {before}")
    Output(as_json=as_json).show({"before": before, "after": after}, lambda out: out.print(text))


@group.command("current", epilog=examples("cicerone db current --json"))
def current_revision(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Show the database's revision and the one that this release expects."""
    from cli.output import Output
    from cli.session import read_settings
    from data.migrate import current, head

    found = {"current": current(read_settings(ctx).database_url), "head": head()}
    Output(as_json=as_json).show(
        found, lambda out: out.print(f"at {found['current']}, this release expects {found['head']}")
    )


@group.command("check", epilog=examples("cicerone db check"))
def check_database(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Compare the tables with this release; exits with 1 when they differ."""
    from cli.output import Output
    from cli.session import read_settings
    from data.migrate import current, drift, head

    url = read_settings(ctx).database_url
    at_head = current(url) == head()
    differences = drift(url) if at_head else ["the revision differs; run: cicerone db upgrade"]
    document = {"clean": not differences, "differences": differences}
    Output(as_json=as_json).show(
        document, lambda out: out.print("\n".join(differences) or "no difference", markup=False)
    )
    if differences:
        raise typer.Exit(1)


@group.command("schema", epilog=examples("cicerone db schema", "cicerone db schema --json"))
def show_schema(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write schema.md and schema.svg into this folder."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Describe the tables of this release as Markdown; no database is needed."""
    from cli.output import Output
    from data.schema_docs import PICTURE, describe, markdown
    from data.schema_picture import svg

    tables = describe()
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        (output / "schema.md").write_text(markdown(tables), "utf-8")
        (output / PICTURE).write_text(svg(tables), "utf-8")
    Output(as_json=as_json).show(
        {"tables": [table.as_json() for table in tables]},
        lambda out: out.print(
            markdown(tables) if output is None else f"{len(tables)} tables in {output}",
            markup=False,
            soft_wrap=True,
        ),
    )


def _sole_owner(settings: "Settings") -> "AbstractContextManager[object]":
    """Hold the home while its embedded database changes; a database server guards itself."""
    from contextlib import nullcontext

    from service.owner import HomeLock

    return nullcontext() if settings.database.url is not None else HomeLock(settings.home)
