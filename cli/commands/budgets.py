"""`cicerone budgets`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from service.budgets import BudgetRead

group = typer.Typer(no_args_is_help=True, help="Limit what models may cost in a day.")

RoleName = Literal["*", "synthesize", "condense", "hyde", "sql", "judge", "classify", "vision"]
RoleArgument = Annotated[
    RoleName, typer.Argument(help="What the models are called for; '*' is everything.")
]
Action = Literal["refuse", "downgrade"]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="budgets")


@group.command("list", epilog=examples("cicerone budgets list", "cicerone budgets list --json"))
def list_budgets(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the budgets and what is spent of them today (UTC)."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.budgets.list())
    Output(as_json=as_json).show(
        {"budgets": [one.model_dump(mode="json") for one in found]}, lambda out: _draw(out, found)
    )


@group.command(
    "set",
    epilog=examples(
        "cicerone budgets set '*' 5", "cicerone budgets set judge 0.50 --action downgrade"
    ),
)
def set_budget(
    ctx: typer.Context,
    role: RoleArgument,
    usd_per_day: Annotated[
        float, typer.Argument(help="US dollars a day.", min=0.000001, max=1_000_000)
    ],
    action: Annotated[
        Action, typer.Option(help="What happens to a call for which no money is left.")
    ] = "refuse",
    as_json: JsonOption = False,
) -> None:
    """Set a budget; it holds from the next call on."""
    from cli.output import Output
    from cli.session import run_backend
    from service.budgets import BudgetWrite

    wanted = BudgetWrite(usd_per_day=usd_per_day, action=action)
    made = run_backend(ctx, lambda backend: backend.budgets.put(role, wanted))
    Output(as_json=as_json).show(made, lambda out: _draw(out, [made]))


@group.command("remove", epilog=examples("cicerone budgets remove judge"))
def remove_budget(ctx: typer.Context, role: RoleArgument, as_json: JsonOption = False) -> None:
    """Remove a budget."""
    from cli.output import Output
    from cli.session import run_backend

    run_backend(ctx, lambda backend: backend.budgets.remove(role))
    Output(as_json=as_json).show(
        {"removed": role}, lambda out: out.print(f"no budget for {role} any more", markup=False)
    )


def _draw(out: "Console", budgets: "Sequence[BudgetRead]") -> None:
    from cli.tables import table

    if not budgets:
        out.print("There is no budget: models may cost what they cost.")
        return
    rows = table("role", "USD a day", "spent today", "set aside", "when spent")
    for one in budgets:
        rows.add_row(
            one.role,
            one.usd_per_day,
            round(one.spent_usd, 6),
            round(one.reserved_usd, 6),
            one.action,
        )
    out.print(rows.grid)
