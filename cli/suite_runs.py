"""What the command `eval run` does: chooses documents and questions, runs, keeps the result."""

from pathlib import Path
from typing import Any

import anyio
import typer

from cli.files import find_files
from cli.output import Output
from cli.problems import UsageProblemError
from cli.session import quiet, read_settings
from cli.suites import SuiteName, result_path, run_sample_suite
from evals.suites.cases import load_cases
from evals.suites.results import SuiteResult
from examples.company import QUESTIONS, sample_manuals


def perform(
    ctx: typer.Context,
    output: Output,
    suite: SuiteName,
    manuals: Path | None,
    golden: Path | None,
    index_dir: Path | None,
) -> tuple[SuiteResult, Path]:
    """Run a suite with a progress bar; returns the result and where it is kept.

    Raises:
        DatasetError: the golden questions cannot be used.
        UsageProblemError: the documents are no folder.
    """
    settings = read_settings(ctx)
    quiet(settings)
    source = golden or QUESTIONS
    cases = load_cases(source)
    folder = manuals or sample_manuals(settings.home)[0].parent
    if not folder.is_dir():
        raise UsageProblemError(f"{folder} is not a folder")
    hidden = source.resolve()
    files = [each for each in find_files([str(folder)]) if each.path.resolve() != hidden]

    async def work(progress: Any) -> SuiteResult:
        return await run_sample_suite(
            settings, suite, files, cases, index_dir=index_dir, progress=progress
        )

    with output.progress() as bar:
        task = bar.add_task("starting", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what[:60], completed=done, total=total)

        result = anyio.run(work, progress)
    return result, result.save(result_path(settings.home, result))
