"""What the command `eval run` does: chooses documents and questions, runs, keeps the result."""

from pathlib import Path
from typing import Any

import anyio
import typer

from cli.backend import open_backend
from cli.files import LocalFile, find_files
from cli.output import Output
from cli.problems import UsageProblemError
from cli.session import quiet, read_settings
from cli.suites import BackendService, SuiteName, result_path, run_sample_suite
from data.models import CandidateState
from evals.routing import load_routing
from evals.suites.cases import Case, load_cases
from evals.suites.results import SuiteResult
from evals.suites.running import add_own
from examples.company import QUESTIONS, sample_manuals
from service.feedback.shapes import CandidateRead
from service.owner import running_server
from service.settings import Settings

MOST_OWN = 500
"""Golden rows of a home that a run asks."""


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
    files, cases = chosen(settings, manuals, golden)
    # The questions to the agent are about the sample company, and half a minute's work.
    ours = suite == "full" and manuals is None and golden is None
    routing = load_routing() if ours else []

    async def work(progress: Any) -> SuiteResult:
        found = await run_sample_suite(
            settings,
            suite,
            files,
            cases,
            index_dir=index_dir,
            progress=progress,
            routing=routing,
        )
        return found if suite == "quick" else await _with_own(settings, found, progress)

    with output.progress() as bar:
        task = bar.add_task("starting", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what[:60], completed=done, total=total)

        result = anyio.run(work, progress)
    return result, result.save(result_path(settings.home, result))


def chosen(
    settings: Settings, manuals: Path | None, golden: Path | None
) -> tuple[list[LocalFile], list[Case]]:
    """Return documents and golden questions, those of the sample company unless others are named.

    Raises:
        DatasetError: the golden questions cannot be used.
        UsageProblemError: the documents are no folder.
    """
    source = golden or QUESTIONS
    cases = load_cases(source)
    folder = manuals or sample_manuals(settings.home)[0].parent
    if not folder.is_dir():
        raise UsageProblemError(f"{folder} is not a folder")
    hidden = source.resolve()
    return [f for f in find_files([str(folder)]) if f.path.resolve() != hidden], cases


async def _with_own(settings: Settings, result: SuiteResult, progress: Any) -> SuiteResult:
    """Ask the golden rows of the home, if it has any; a home that is not there is not made."""
    is_there = (settings.home / "cicerone.db").is_file() or settings.database.url is not None
    if not is_there and running_server(settings.home) is None:
        return result
    async with open_backend(settings) as backend:
        page = await backend.feedback.queue(CandidateState.ACCEPTED, MOST_OWN)
        cases = [_case(row) for row in page.candidates]
        return await add_own(result, cases, BackendService(backend=backend), progress)


def _case(row: CandidateRead) -> Case:
    return Case(
        id=f"own/{row.id}",
        question=row.question,
        answerable=row.answerable,
        answer=row.answer,
        document=row.document,
        page=row.page,
        collection=row.collection,
        category="own",
    )
