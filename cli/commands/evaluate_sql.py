"""`cicerone eval sql`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.commands.evaluate import group, report_work
from cli.options import JsonOption, examples


def register(_: typer.Typer) -> None:
    """Add the command to the group of evaluations."""
    group.command(
        "sql",
        epilog=examples(
            "cicerone eval sql   [dim]# the sample shop's questions[/dim]",
            "cicerone eval sql --pairs pairs.jsonl --databases databases/ --route rule --json",
            "cicerone eval sql --pairs pairs.jsonl --databases dumps/ --dialect postgres --url URL",
        ),
    )(evaluate_sql)


def evaluate_sql(
    ctx: typer.Context,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help='Lines {"id", "database", "question", "gold"}; the sample shop\'s without it.'
        ),
    ] = None,
    databases: Annotated[
        Path | None, typer.Option(help="The folder of DATABASE.sqlite, or of DATABASE.sql.")
    ] = None,
    dialect: Annotated[
        Literal["sqlite", "postgres"], typer.Option(help="Which databases to ask.")
    ] = "sqlite",
    url: Annotated[
        str | None, typer.Option(help="A PostgreSQL server, whose user may create databases.")
    ] = None,
    route: Annotated[
        Literal["all", "verified", "rule", "llm"], typer.Option(help="Which ways to a query.")
    ] = "all",
    policy: Annotated[
        Path | None, typer.Option(help="A policy for all databases; all is shown without it.")
    ] = None,
    verified: Annotated[
        Path | None, typer.Option(help='Verified pairs: lines {"id", "question", "sql"}.')
    ] = None,
    outcomes: Annotated[
        Path | None, typer.Option(help="Write what became of each question to this file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask databases questions: are the rows those of the gold query? Is it silent where it must?"""
    from cli.evaluating_sql import SqlTrial, run_sql
    from cli.session import read_settings
    from providers.sql_types import Dialect

    settings = read_settings(ctx)
    trial = SqlTrial(
        pairs=pairs,
        databases=databases,
        dialect=Dialect(dialect),
        url=url,
        route=route,
        policy=policy,
        examples=verified,
        outcomes=outcomes,
    )
    report_work(ctx, lambda progress: run_sql(settings, trial, progress), as_json=as_json)
