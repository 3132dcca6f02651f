"""The `cicerone` command.

Importing this module is cheap: commands import what they need when they run, so that
`cicerone --help` answers at once.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.commands import REGISTRY
from cli.options import Invocation

app = typer.Typer(
    name="cicerone",
    help="Answers from your documents with page-exact citations, on your own machine.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with [green]cicerone models prepare[/green], then "
    "[green]cicerone sample load[/green] and "
    "[green]cicerone ask 'your question' -c sample[/green].",
)

DEBUG_FLAG = "--debug"


@app.callback()
def _root(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="The home folder; also CICERONE_HOME.", show_default=False)
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="The settings file; also CICERONE_CONFIG.", show_default=False),
    ] = None,
    _debug: Annotated[
        bool, typer.Option(DEBUG_FLAG, help="Show stack traces; works anywhere on the line.")
    ] = False,
) -> None:
    if config is not None:
        os.environ["CICERONE_CONFIG"] = str(config)
    ctx.obj = Invocation(home=home)


for register in REGISTRY:
    register(app)


def run() -> None:
    """Run the command of this process's arguments and exit with its code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are printed, never raised.

    Exit codes: 0 fine, 1 the result is not clean, 2 wrong usage, 3 wrong settings,
    4 not found, 5 unavailable, 130 interrupted.
    """
    ours, rest = _split(arguments)
    debug = DEBUG_FLAG in ours
    kept = [word for word in ours if word != DEBUG_FLAG] + rest
    try:
        return _invoke(kept)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does: nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the outermost place: every error becomes a message
        if debug:
            traceback.print_exc()
        return _fail(error, as_json="--json" in ours)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part the arguments at `--`, after which nothing is an option."""
    words = list(arguments)
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at:]


def _invoke(arguments: list[str]) -> int:
    for number, word in enumerate(arguments, start=1):
        _require_text(number, word)
    code = app(arguments, prog_name="cicerone", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _require_text(number: int, word: str) -> None:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError as error:
        from cli.problems import UsageProblemError

        raise UsageProblemError(f"argument {number} is not valid UTF-8") from error


def _fail(error: Exception, *, as_json: bool) -> int:
    from cli.problems import problem_of, report, usage

    if isinstance(error, typer.TyperException):
        message = error.format_message()
        if not message:  # no command was named: the help has been shown
            return error.exit_code
        report(usage(message), as_json=as_json)
        return error.exit_code
    if isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    problem = problem_of(error)
    report(problem, as_json=as_json)
    return problem.exit_code
