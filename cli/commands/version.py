"""`cicerone version`."""

import typer

from cli.options import JsonOption, examples


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("cicerone version", "cicerone version --json"))(version)


def version(as_json: JsonOption = False) -> None:
    """Print the version."""
    from importlib.metadata import version as version_of

    from cli.output import Output

    number = version_of("cicerone")
    Output(as_json=as_json).show({"version": number}, lambda out: out.print(number))
