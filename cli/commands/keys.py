"""`cicerone keys`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, RoleName, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from service.schemas import KeyCreated, KeyRead

group = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="keys")


@group.command(
    "create",
    epilog=examples("cicerone keys create laptop", "cicerone keys create website --public --json"),
)
def create_key(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    role: Annotated[RoleName, typer.Option(help="What the key may do.")] = "reader",
    public: Annotated[
        bool, typer.Option("--public", help="Let it find public documents only.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a key; its secret is shown now and never again."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_key_name

    require_key_name(name)
    key = run_backend(ctx, lambda backend: backend.create_key(name, role, public=public))
    Output(as_json=as_json).show(key, lambda out: _draw_new(out, key))


@group.command("list", epilog=examples("cicerone keys list --json"))
def list_keys(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the keys, revoked ones too; never their secrets."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.keys())
    Output(as_json=as_json).show(
        {"keys": [key.model_dump(mode="json") for key in found]}, lambda out: _draw(out, found)
    )


@group.command("revoke", epilog=examples("cicerone keys revoke 8c5e…"))
def revoke_key(
    ctx: typer.Context,
    key_id: Annotated[str, typer.Argument(help="The key's id.", metavar="KEY_ID")],
    as_json: JsonOption = False,
) -> None:
    """End a key at once."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import could_be_id, excerpt
    from service.errors import KeyNotFoundError

    if not could_be_id(key_id):
        raise KeyNotFoundError(f"no API key {excerpt(key_id, 80)!r}")
    key = run_backend(ctx, lambda backend: backend.revoke_key(key_id))
    Output(as_json=as_json).show(key, lambda out: _draw(out, [key]))


def _draw_new(out: "Console", key: "KeyCreated") -> None:
    out.print(f"Key {key.name} ({key.role}), id {key.key_id}:", markup=False)
    out.print(f"\n  {key.secret}\n", markup=False)
    out.print("Keep it now: it is not shown again. Send it as: Authorization: Bearer <key>")


def _draw(out: "Console", keys: "Sequence[KeyRead]") -> None:
    from cli.tables import table

    rows = table("key", "name", "starts with", "role", "made", "last used", "state")
    for key in keys:
        used = key.last_used_at and key.last_used_at.isoformat(sep=" ", timespec="minutes")
        rows.add_row(
            key.key_id,
            key.name,
            key.prefix,
            key.role,
            key.created_at.isoformat(sep=" ", timespec="minutes"),
            used,
            "revoked" if key.revoked_at else "valid",
        )
    out.print(rows.grid)
