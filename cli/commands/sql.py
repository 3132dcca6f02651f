"""`cicerone sql`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, examples
from cli.question_group import ASK, QuestionGroup

if TYPE_CHECKING:
    from rich.console import Console

    from service.datasource_schemas import GuardReport, Statement

group = typer.Typer(
    cls=QuestionGroup,
    no_args_is_help=True,
    help="Ask a database; look at queries that are verified, and at what the guard says.",
)
RouteName = Literal["all", "verified", "rule", "llm"]
DialectName = Literal["sqlite", "postgres"]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="sql")


@group.command(
    ASK,
    epilog=examples(
        "cicerone sql 'How many orders came from Norway?' --datasource shop",
        "cicerone sql 'Revenue by country in 2026' --datasource shop --json",
        "cicerone sql --datasource shop --resume 20261125-… --choose 2",
    ),
)
def ask_database(
    ctx: typer.Context,
    question: Annotated[
        str | None, typer.Argument(help="The question; - reads standard input.")
    ] = None,
    datasource: Annotated[str, typer.Option(help="The datasource to ask.")] = "",
    route: Annotated[
        RouteName, typer.Option(help="Allow one way to a query only; all without it.")
    ] = "all",
    resume: Annotated[
        str | None, typer.Option(help="Go on with the run of this id, which asked back.")
    ] = None,
    choose: Annotated[
        str | None, typer.Option(help="The number of an option, or the question in other words.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from a database, and show the query that was run.

    When it is not clear what is asked, the answer holds options: choose one with `--resume`.
    """
    from cli.asking_sql import answer_of, draw_answer, read_request, to_json
    from cli.output import Output
    from cli.session import run_backend

    request = read_request(question, datasource, route, resume, choose)
    found = run_backend(ctx, lambda backend: answer_of(backend, request))
    output = Output(as_json=as_json)
    output.show(to_json(found), lambda out: draw_answer(out, found))
    if found.error is not None:
        raise typer.Exit(1)


@group.command(
    "approve",
    epilog=examples(
        "cicerone sql approve 'How many orders came from Norway?' --datasource shop --sql "
        '"SELECT COUNT(*) FROM orders JOIN customers ON customers.id = orders.customer_id '
        "WHERE customers.country = 'Norway'\"",
    ),
)
def approve_query(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="The question that the query answers.")],
    datasource: Annotated[str, typer.Option(help="The datasource.")],
    sql: Annotated[str, typer.Option(help="The query, with its values written out.")],
    as_json: JsonOption = False,
) -> None:
    """Approve a query: the question, and others like it, are answered with it from now on."""
    from cli.output import Output
    from cli.session import run_backend
    from service.sql_schemas import NewExample

    new = NewExample(datasource=datasource, question=question, sql=sql)
    made = run_backend(ctx, lambda backend: backend.sql.approve(new))
    Output(as_json=as_json).show(made, lambda out: out.print(f"approved as {made.id}"))


@group.command("withdraw", epilog=examples("cicerone sql withdraw ID"))
def withdraw_query(
    ctx: typer.Context,
    example_id: Annotated[str, typer.Argument(metavar="ID", help="From `cicerone sql examples`.")],
    as_json: JsonOption = False,
) -> None:
    """Take a verified query back."""
    from cli.output import Output
    from cli.session import run_backend

    run_backend(ctx, lambda backend: backend.sql.withdraw(example_id))
    Output(as_json=as_json).show(
        {"id": example_id, "withdrawn": True}, lambda out: out.print("withdrawn")
    )


@group.command("examples", epilog=examples("cicerone sql examples --datasource shop --json"))
def list_queries(
    ctx: typer.Context,
    datasource: Annotated[str, typer.Option(help="The datasource.")],
    as_json: JsonOption = False,
) -> None:
    """List the verified questions of a datasource: who approved them, and whether they fit."""
    from cli.asking_sql import draw_examples
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.sql.examples(datasource))
    Output(as_json=as_json).show(found, lambda out: draw_examples(out, found))


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
