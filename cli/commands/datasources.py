"""`cicerone datasources`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.datasource_schemas import DatasourceCheck, DatasourceRead

group = typer.Typer(no_args_is_help=True, help="Set up and check databases to ask questions of.")
NameArgument = Annotated[str, typer.Argument(help="The datasource's name.", metavar="NAME")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="datasources")


@group.command(
    "add",
    epilog=examples(
        "cicerone datasources add shop --url sqlite:///shop.sqlite --policy shop.yaml",
        "cicerone datasources add sales --url env:SALES_URL --policy sales.yaml",
    ),
)
def add_datasource(
    ctx: typer.Context,
    name: NameArgument,
    url: Annotated[
        str,
        typer.Option(
            help="sqlite:///PATH or postgresql://USER@HOST/DATABASE; or env:NAME, file:PATH."
        ),
    ],
    policy: Annotated[
        Path, typer.Option(help="A YAML file that says what may be read.", metavar="FILE")
    ],
    as_json: JsonOption = False,
) -> None:
    """Set up a datasource; what the policy does not name cannot be read.

    A password in the URL is kept encrypted and never shown.
    """
    from cli.output import Output
    from cli.problems import UsageProblemError
    from cli.session import run_backend
    from graphs.text_to_sql.policy import PolicyInvalidError, load_policy
    from service.datasource_schemas import NewDatasource

    try:
        read = load_policy(policy)
    except PolicyInvalidError as error:
        raise UsageProblemError(f"{policy}: {error}") from error
    new = NewDatasource(name=name, url=_absolute(url), policy=read)
    found = run_backend(ctx, lambda backend: backend.datasources.add(new))
    Output(as_json=as_json).show(found, lambda out: _draw_all(out, [found]))


@group.command(
    "list", epilog=examples("cicerone datasources list", "cicerone datasources list --json")
)
def list_datasources(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the datasources by name."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.datasources.list())
    Output(as_json=as_json).show(found, lambda out: _draw_all(out, found.datasources))


@group.command("check", epilog=examples("cicerone datasources check shop --json"))
def check_datasource(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Tell whether a datasource can be read, and whether its login may do more than that.

    Prints SQL that makes a login which may only read what the policy shows. Exits with 1 when
    there is something to mend.
    """
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.datasources.check(name))
    Output(as_json=as_json).show(found, lambda out: _draw_check(out, found))
    if not found.clean:
        raise typer.Exit(1)


@group.command("remove", epilog=examples("cicerone datasources remove shop --yes"))
def remove_datasource(
    ctx: typer.Context,
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget a datasource; its database is not touched."""
    from cli.output import Output
    from cli.session import run_backend

    if not (yes or as_json):
        typer.confirm(f"Remove the datasource {name}?", abort=True, err=True)
    removed = run_backend(ctx, lambda backend: backend.datasources.remove(name))
    Output(as_json=as_json).show(removed, lambda out: out.print(f"removed {name}"))


def _absolute(url: str) -> str:
    """Return a file's URL as it is meant here; the server may run in another folder."""
    if url.startswith("postgres") or url.startswith(("env:", "file:")):
        return url
    scheme, found, rest = url.partition("://")
    path = rest.removeprefix("/") if found else url
    if found and scheme not in {"sqlite", "sqlite+aiosqlite"}:
        return url
    return f"sqlite:///{os.path.abspath(path)}"


def _draw_all(out: "Console", found: "list[DatasourceRead]") -> None:
    from cli.tables import table

    rows = table("datasource", "dialect", "url", "tables")
    for one in found:
        rows.add_row(one.name, one.dialect.value, one.url, ", ".join(one.tables))
    out.print(rows.grid)


def _draw_check(out: "Console", found: "DatasourceCheck") -> None:
    out.print(f"{found.name}: {found.status} {found.detail}".rstrip(), markup=False)
    if found.tables:
        out.print(f"may read: {', '.join(found.tables)}", markup=False)
    for one in found.findings:
        out.print(f"- {one}", markup=False)
    if found.advice:
        out.print()
        out.print(found.advice, markup=False)
