"""`cicerone eval`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import JsonOption, ModeOption, RerankOption, examples

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from rich.console import Console

    from cli.evaluating import Progress
    from cli.files import LocalFile
    from cli.output import Output
    from evals.spreading import SpreadReport

group = typer.Typer(no_args_is_help=True, help="Measure retrieval, citations and answers.")

IndexDirOption = Annotated[
    Path | None,
    typer.Option(
        "--index-dir", help="Keep the index here and use it again; it is thrown away without it."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    from cli.commands import eval_sql

    eval_sql.extend(group)
    app.add_typer(group, name="eval")


@group.command(
    "retrieval",
    epilog=examples(
        "cicerone eval retrieval --beir scifact/ --split test",
        "cicerone eval retrieval --beir scifact/ --split test --mode dense --json",
        "cicerone eval retrieval --beir scifact/ --run scifact.run   [dim]# for trec_eval[/dim]",
    ),
)
def evaluate_retrieval(
    ctx: typer.Context,
    beir: Annotated[Path, typer.Option(help="A folder in the BEIR layout.")],
    split: Annotated[str, typer.Option(help="Which judgements: qrels/SPLIT.tsv.")] = "test",
    mode: ModeOption = "hybrid",
    rerank: RerankOption = None,
    index_dir: IndexDirOption = None,
    run: Annotated[
        Path | None, typer.Option(help="Write the rankings there, as a run file of TREC.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Rank a judged corpus: nDCG@10, R@100, RR@10, Success@5 and milliseconds a query."""
    from cli.evaluating import run_retrieval
    from cli.session import read_settings
    from evals.beir import load_retrieval_set

    dataset, settings = load_retrieval_set(beir, split), read_settings(ctx)
    report_work(
        ctx,
        lambda progress: run_retrieval(
            settings,
            dataset,
            mode=mode,
            rerank=rerank,
            index_dir=index_dir,
            run=run,
            progress=progress,
        ),
        as_json=as_json,
    )


@group.command(
    "citations",
    epilog=examples("cicerone eval citations --manuals manuals/ --gold outline.jsonl --json"),
)
def evaluate_citations(
    ctx: typer.Context,
    manuals: Annotated[Path, typer.Option(help="A folder of documents.")],
    gold: Annotated[Path, typer.Option(help='Lines {"file", "heading", "page"}; never indexed.')],
    index_dir: IndexDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for headings and see whether the hits name the right file and page."""
    from cli.evaluating import run_citations
    from cli.session import read_settings
    from evals.citations import load_headings

    questions, settings = load_headings(gold), read_settings(ctx)
    files = _files(manuals, leave_out=gold)
    report_work(
        ctx,
        lambda progress: run_citations(
            settings, files, questions, index_dir=index_dir, progress=progress
        ),
        as_json=as_json,
    )


@group.command(
    "answers",
    epilog=examples(
        "cicerone eval answers   [dim]# the sample company's golden questions[/dim]",
        "cicerone eval answers --manuals manuals/ --golden questions.jsonl --json",
    ),
)
def evaluate_answers(
    ctx: typer.Context,
    manuals: Annotated[
        Path | None, typer.Option(help="A folder of documents; the sample company's without it.")
    ] = None,
    golden: Annotated[
        Path | None,
        typer.Option(help="Golden questions; the sample company's without it. Never indexed."),
    ] = None,
    index_dir: IndexDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask golden questions: are pages and documents right, is it silent where it must be?"""
    from cli.evaluating import run_answers
    from cli.session import read_settings
    from evals.answers import load_golden
    from examples.company import QUESTIONS, sample_manuals

    settings = read_settings(ctx)
    source = golden or QUESTIONS
    rows = load_golden(source)
    folder = manuals or sample_manuals(settings.home)[0].parent
    files = _files(folder, leave_out=source)
    report_work(
        ctx,
        lambda progress: run_answers(settings, files, rows, index_dir=index_dir, progress=progress),
        as_json=as_json,
    )


@group.command(
    "qa",
    epilog=examples(
        "cicerone eval qa --dataset questions.jsonl --collection manuals",
        "cicerone eval qa --dataset qa.jsonl --beir emanual/ --json",
        "cicerone eval qa --dataset questions.jsonl --manuals manuals/ --index-dir kept/",
    ),
)
def evaluate_qa(
    ctx: typer.Context,
    dataset: Annotated[
        Path,
        typer.Option(help='Lines {"question", "answer", "file"?, "page"?, "answerable"?}.'),
    ],
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="Ask of a collection that is there.")
    ] = None,
    beir: Annotated[
        Path | None, typer.Option(help="Index the corpus of this BEIR folder, and ask of it.")
    ] = None,
    manuals: Annotated[
        Path | None, typer.Option(help="Ingest this folder of documents, and ask of it.")
    ] = None,
    index_dir: IndexDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare answers with reference answers: token F1, ROUGE-L, citations, abstentions."""
    from cli.problems import UsageProblemError
    from cli.questioning import qa_of_collection, qa_of_corpus, qa_of_files
    from cli.session import read_settings
    from cli.wording import require_collection
    from evals.beir import load_corpus
    from evals.qa import load_qa

    if sum(given is not None for given in (collection, beir, manuals)) != 1:
        raise UsageProblemError("give one of --collection, --beir and --manuals")
    settings, rows = read_settings(ctx), load_qa(dataset)

    async def work(progress: "Progress") -> "Mapping[str, Any]":
        if collection is not None:
            require_collection(collection)
            return await qa_of_collection(settings, rows, collection, progress)
        if beir is not None:
            corpus = load_corpus(beir)
            return await qa_of_corpus(
                settings, rows, corpus, index_dir=index_dir, progress=progress
            )
        files = _files(manuals or Path(), leave_out=dataset)
        return await qa_of_files(settings, rows, files, index_dir=index_dir, progress=progress)

    report_work(ctx, work, as_json=as_json)


@group.command(
    "strategies",
    epilog=examples(
        "cicerone eval strategies", "cicerone eval strategies --index-dir kept/ --json"
    ),
)
def evaluate_strategies(
    ctx: typer.Context,
    manuals: Annotated[
        Path | None, typer.Option(help="A folder of documents; the sample company's without it.")
    ] = None,
    dataset: Annotated[
        Path | None,
        typer.Option(
            help='Lines {"question", "document", "page", "rewrite", "hyde", "decompose"}.'
        ),
    ] = None,
    index_dir: IndexDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare vanilla, rewrite, HyDE, fusion and auto; a model's replies are recorded ones."""
    from cli.session import read_settings
    from cli.strategizing import run_strategies
    from evals.strategies import RECORDED, load_recorded
    from examples.company import sample_manuals

    settings, source = read_settings(ctx), dataset or RECORDED
    rows = load_recorded(source)
    files = _files(manuals or sample_manuals(settings.home)[0].parent, leave_out=source)
    report_work(
        ctx,
        lambda progress: run_strategies(
            settings, files, rows, index_dir=index_dir, progress=progress
        ),
        as_json=as_json,
        draw=_draw_strategies,
    )


def _draw_strategies(out: "Console", report: "Mapping[str, Any]") -> None:
    from cli.tables import table

    found: Mapping[str, Mapping[str, float]] = report["strategies"]
    figures = list(next(iter(found.values())))
    rows = table("strategy", *figures)
    for name, measured in found.items():
        rows.add_row(name, *(measured[figure] for figure in figures))
    out.print(rows.grid)
    out.print(f"{report['questions']} questions, with recorded replies of a model")


@group.command(
    "workers",
    epilog=examples(
        "cicerone eval workers manuals/ --workers 1,2",
        "cicerone eval workers manuals/ --workers 2 --kills 20 --json",
    ),
)
def evaluate_workers(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Documents to ingest again and again.")],
    workers: Annotated[str, typer.Option(help="Numbers of workers, with commas between.")] = "1,2",
    rounds: Annotated[int, typer.Option(min=1, help="Ingestions for each number.")] = 3,
    kills: Annotated[int, typer.Option(min=0, help="Ingestions with a worker killed.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Ingest with workers of its own, kill some, and compare what is stored.

    Use a scratch database: each ingestion leaves a collection. Exits with 1 when one of them
    left something else than the others.
    """
    import anyio

    from cli.files import find_files
    from cli.output import Output
    from cli.session import quiet, read_settings
    from cli.spread_trials import run_trials

    settings, output = read_settings(ctx), Output(as_json=as_json)
    files, counts = find_files([str(folder)]), _counts(workers)
    quiet(settings)

    async def main() -> "SpreadReport":
        return await run_trials(
            settings, files, workers=counts, rounds=rounds, kills=kills, say=output.note
        )

    report = anyio.run(main)
    output.show(report.document(), lambda out: _draw_trials(out, report))
    if report.wrong:
        raise typer.Exit(1)


def _counts(text: str) -> list[int]:
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError:
        counts = []
    if not counts or min(counts) < 1:
        raise typer.BadParameter("give numbers such as 1,2", param_hint="--workers")
    return counts


def _draw_trials(out: "Console", report: "SpreadReport") -> None:
    from cli.tables import table

    rows = table("workers", "killed after s", "seconds", "status", "as expected")
    for trial in (*report.undisturbed, *report.killed):
        killed = "" if trial.killed_after_s is None else f"{trial.killed_after_s:.1f}"
        right = "no" if trial in report.wrong else "yes"
        rows.add_row(trial.workers, killed, f"{trial.seconds:.1f}", trial.status, right)
    out.print(rows.grid)
    reference = report.reference
    out.print(
        f"{len(reference.sources)} documents, {len(reference.chunks)} chunks, "
        f"{reference.vectors} vectors; {report.speed_up:.2f} times faster with more workers"
    )


@group.command(
    "deletes",
    epilog=examples(
        "cicerone eval deletes", "cicerone eval deletes --documents 1000 --clients 4 --json"
    ),
)
def evaluate_deletes(
    ctx: typer.Context,
    documents: Annotated[
        int, typer.Option(min=1, max=100_000, help="How many are made and deleted.")
    ] = 1000,
    clients: Annotated[
        int, typer.Option(min=0, max=64, help="How many search and upload meanwhile.")
    ] = 4,
    as_json: JsonOption = False,
) -> None:
    """Delete documents under load: is one found after its delete returned? Exits with 1 if so."""
    from cli.deleting import run_deletes
    from cli.session import read_settings

    settings = read_settings(ctx)
    report = report_work(
        ctx,
        lambda progress: run_deletes(
            settings, documents=documents, clients=clients, progress=progress
        ),
        as_json=as_json,
    )
    if report["hits_after_delete"] or report["came_back"]:
        raise typer.Exit(1)


def _files(folder: Path, *, leave_out: Path) -> "list[LocalFile]":
    from cli.files import find_files
    from cli.problems import UsageProblemError

    if not folder.is_dir():
        raise UsageProblemError(f"{folder} is not a folder")
    hidden = leave_out.resolve()
    return [file for file in find_files([str(folder)]) if file.path.resolve() != hidden]


def report_work(
    ctx: typer.Context,
    work: "Callable[[Progress], Awaitable[Mapping[str, Any]]]",
    *,
    as_json: bool,
    draw: "Callable[[Console, Mapping[str, Any]], None] | None" = None,
) -> "Mapping[str, Any]":
    """Run an evaluation with a progress bar, show its figures and return them."""
    import anyio

    from cli.output import Output
    from cli.session import quiet, read_settings

    quiet(read_settings(ctx))
    output = Output(as_json=as_json)
    with output.progress() as bar:
        task = bar.add_task("starting", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what[:60], completed=done, total=total)

        report = anyio.run(work, progress)
    warn(output, report)
    output.show(report, lambda out: (draw or _draw)(out, report))
    return report


def warn(output: "Output", report: "Mapping[str, Any]") -> None:
    """Say on stderr what the figures do not cover."""
    for part in report.get("degraded", []):
        output.note(f"warning: {part}")
    for file in report.get("left_out", []):
        output.note(f"left out: {file['source']}: {file['why']}")


def _draw(out: "Console", report: "Mapping[str, Any]") -> None:
    from cli.tables import table

    rows = table("figure", "value")
    for name, value in _flat(report):
        rows.add_row(name, value)
    out.print(rows.grid)
    mistakes: Sequence[Mapping[str, str]] = report.get("mistakes", [])
    if mistakes:
        listed = table("question", "what went wrong")
        for mistake in mistakes:
            listed.add_row(mistake["question"], mistake["what"])
        out.print(listed.grid)


def _flat(report: "Mapping[str, Any]") -> "list[tuple[str, Any]]":
    rows: list[tuple[str, Any]] = []
    for name, value in report.items():
        if isinstance(value, dict):
            rows += [(f"{name} {key}", item) for key, item in value.items()]
        elif not isinstance(value, list):
            rows.append((name, value))
    return rows
