"""`cicerone sql`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.datasource_schemas import GuardReport, Statement

group = typer.Typer(no_args_is_help=True, help="SQL for datasources.")
DialectName = Literal["sqlite", "postgres"]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="sql")


@group.command(
    "guard",
    epilog=examples(
        "cicerone sql guard --datasource shop --tenant 7 --file statements.jsonl --json",
        "cicerone sql guard --datasource shop --tenant 7 --dialect postgres --file all.jsonl",
    ),
)
def guard_statements(
    ctx: typer.Context,
    datasource: Annotated[str, typer.Option(help="The datasource whose policy holds.")],
    file: Annotated[
        Path,
        typer.Option(help='Statements, one JSON object a line: {"id", "dialect", "sql"}.'),
    ],
    tenant: Annotated[
        str | None,
        typer.Option(help="What tenant columns are compared with; by default, the caller's own."),
    ] = None,
    dialect: Annotated[
        DialectName | None,
        typer.Option(help="Judge this dialect instead of the datasource's."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge statements and show what would run in their place; none is run.

    Lines of another dialect are left out; those of "both" are judged.
    """
    from cli.output import Output
    from cli.session import run_backend
    from providers.sql_types import Dialect
    from service.datasource_schemas import GuardRequest

    body = GuardRequest(
        statements=_statements(file),
        dialect=Dialect(dialect) if dialect else None,
        tenant=tenant,
    )
    found = run_backend(ctx, lambda backend: backend.datasources.guard(datasource, body))
    Output(as_json=as_json).show(found, lambda out: _draw(out, found))


def _statements(file: Path) -> "list[Statement]":
    import json

    from pydantic import ValidationError

    from cli.problems import UsageProblemError
    from service.datasource_schemas import Statement

    found = []
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblemError(f"{file} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
            known = {key: given.get(key) for key in ("id", "sql", "dialect")}
            found.append(Statement.model_validate({**known, "id": str(known["id"] or number)}))
        except (ValueError, AttributeError, ValidationError) as error:
            raise UsageProblemError(
                f'{file}, line {number}: write {{"id": …, "dialect": …, "sql": …}}'
            ) from error
    return found


def _draw(out: "Console", found: "GuardReport") -> None:
    from cli.tables import table

    rows = table("id", "verdict", "rule", "why")
    for one in found.verdicts:
        rows.add_row(one.id, one.verdict, one.rule, one.message)
    out.print(rows.grid)
    allowed = sum(one.verdict == "allow" for one in found.verdicts)
    out.print(f"{allowed} of {len(found.verdicts)} allowed; p95 {found.p95_ms:.1f} ms")
