"""`cicerone eval run`, `accept` and `compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.commands.evaluate import IndexDirOption, group
from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from cli.output import Output
    from evals.suites.gates import Comparison
    from evals.suites.results import SuiteResult

AcceptedOption = Annotated[
    Path | None,
    typer.Option("--accepted", help="Folder of accepted results; the project's own without it."),
]

MlflowOption = Annotated[
    Path | None, typer.Option("--mlflow", help="Record the run in this MLflow file store.")
]


def register(app: typer.Typer) -> None:
    """Have the commands of this module in the group `eval`."""


@group.command(
    "run",
    epilog=examples(
        "cicerone eval run quick --gate",
        "cicerone eval run full --html report.html",
        "cicerone eval run full --manuals manuals/ --golden questions.jsonl --json",
    ),
)
def run_suite(
    ctx: typer.Context,
    suite: Annotated[
        Literal["quick", "full"], typer.Argument(help="Ten questions, or all of them.")
    ],
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit with 1 on a regression against what is accepted.")
    ] = False,
    manuals: Annotated[
        Path | None, typer.Option(help="A folder of documents; the sample company's without it.")
    ] = None,
    golden: Annotated[
        Path | None, typer.Option(help="Golden questions; the sample company's without it.")
    ] = None,
    accepted: AcceptedOption = None,
    html: Annotated[Path | None, typer.Option(help="Write a report with plots here.")] = None,
    mlflow: MlflowOption = None,
    index_dir: IndexDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a suite: searches, answers, prompts and guards; the result is kept in the home."""
    from cli.output import Output
    from cli.suite_runs import perform
    from evals.suites.gates import compare
    from evals.suites.html import render
    from evals.suites.results import ACCEPTED, accepted_for
    from evals.suites.tracking import record_result

    output = Output(as_json=as_json)
    result, path = perform(ctx, output, suite, manuals, golden, index_dir)
    comparison = None
    if gate:
        comparison = compare(accepted_for(result, accepted or ACCEPTED), result)
    if html is not None:
        html.write_text(render(result, comparison), encoding="utf-8")
        output.note(f"report: {html}")
    if mlflow is not None:
        output.note(f"recorded: {record_result(mlflow, result)}")
    output.note(f"result: {path}")
    _show(output, result, comparison)
    if comparison is not None and not comparison.passed:
        raise typer.Exit(1)


@group.command(
    "accept", epilog=examples("cicerone eval accept .cicerone/evals/results/quick-….json")
)
def accept_result(
    result: Annotated[Path, typer.Argument(help="A result that `cicerone eval run` wrote.")],
    accepted: AcceptedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a result the one that later runs must not fall behind; commit the file."""
    from cli.output import Output
    from cli.suites import for_the_record
    from evals.suites.results import ACCEPTED, load_result

    found = load_result(result)
    path = (accepted or ACCEPTED) / f"{found.label}.json"
    for_the_record(found).save(path)
    Output(as_json=as_json).show(
        {"accepted": str(path)}, lambda out: out.print(f"accepted: {path}", markup=False)
    )


@group.command(
    "compare", epilog=examples("cicerone eval compare before.json after.json --html change.html")
)
def compare_results(
    before: Annotated[Path, typer.Argument(help="A result.")],
    after: Annotated[Path, typer.Argument(help="A later one of the same suite.")],
    html: Annotated[Path | None, typer.Option(help="Write a report with plots here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two results question by question; exits with 1 when the second is a regression."""
    from cli.output import Output
    from evals.suites.gates import compare
    from evals.suites.html import render
    from evals.suites.results import load_result

    new = load_result(after)
    comparison = compare(load_result(before), new)
    if html is not None:
        html.write_text(render(new, comparison), encoding="utf-8")
    Output(as_json=as_json).show(
        comparison.document(), lambda out: _draw_comparison(out, comparison)
    )
    if not comparison.passed:
        raise typer.Exit(1)


def _show(output: "Output", result: "SuiteResult", comparison: "Comparison | None") -> None:
    for note in (*result.notes, *(f"warning: {part}" for part in result.degraded)):
        output.note(note)
    document = result.model_dump(mode="json", exclude={"scores", "cases", "trace"})
    document["metrics"] = result.means
    if comparison is not None:
        document["gate"] = comparison.document()

    def draw(out: "Console") -> None:
        if comparison is None:
            _draw_result(out, result)
        else:
            _draw_comparison(out, comparison)
        _draw_mistakes(out, result)
        out.print(f"{len(result.cases)} questions in {result.seconds:.1f} s")

    output.show(document, draw)


def _draw_result(out: "Console", result: "SuiteResult") -> None:
    from cli.tables import table

    rows = table("metric", "mean", "low", "high", "cases")
    for name, each in result.scores.items():
        if not each:
            rows.add_row(name, "not measurable", None, None, 0)
            continue
        found = result.interval(name)
        rows.add_row(name, *(round(v, 4) for v in (found.mean, found.low, found.high)), len(each))
    out.print(rows.grid)


def _draw_comparison(out: "Console", comparison: "Comparison") -> None:
    from cli.tables import table

    rows = table("metric", "before", "after", "change", "low", "high", "cases", "ruling", "why")
    for line in comparison.lines:
        rows.add_row(*line.document().values())
    out.print(rows.grid)
    for note in comparison.notes:
        out.print(note, markup=False)
    failed = len(comparison.regressions)
    out.print("passed" if comparison.passed else f"failed: {failed} metrics regressed")


def _draw_mistakes(out: "Console", result: "SuiteResult") -> None:
    from cli.tables import table

    if result.mistakes:
        rows = table("question", "what went wrong")
        for mistake in result.mistakes:
            rows.add_row(mistake["question"], mistake["what"])
        out.print(rows.grid)
