"""`cicerone bench`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from evals.bench.targets import Measure

STREAM_QUESTIONS = 10
"""With `--load`: questions of each stream."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "cicerone bench",
            "cicerone bench --rounds 7 --json",
            "cicerone bench --gate",
            "cicerone bench --load",
            "cicerone bench tracing --json",
            "cicerone bench --load --streams 20 --requests 10000 --json",
        )
    )(bench)


def bench(
    ctx: typer.Context,
    subject: Annotated[Literal["all", "tracing"], typer.Argument(help="What is measured.")] = "all",
    documents: Annotated[int, typer.Option(min=1, help="Made-up manuals a round.")] = 20,
    rounds: Annotated[int, typer.Option(min=1, help="Interleaved rounds; medians count.")] = 5,
    questions: Annotated[int, typer.Option(min=5, help="Questions a round.")] = 40,
    load: Annotated[
        bool, typer.Option("--load", help="Measure a server under load instead.")
    ] = False,
    streams: Annotated[
        int, typer.Option(min=1, max=500, help="With --load: answers that stream at a time.")
    ] = 50,
    requests: Annotated[
        int,
        typer.Option(min=10, max=10_000, help="With --load: questions while memory is watched."),
    ] = 2_000,
    spans: Annotated[
        int, typer.Option(min=0, help="With tracing: spans in the store that is listed.")
    ] = 1_000_000,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit with 1 when a target is missed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure what the service adds to the bare libraries, and how a server starts.

    Everything runs in one go on this machine with documents made for it: ratios hold on a
    busy machine, absolute times do not.

    With `--load` a server answers from made-up manuals, with a model that takes no time and
    without caches: how soon one client reads the first token, whether many streams at a time
    get theirs, and whether memory grows.

    `tracing` measures what recording adds to a question, without and with a Langfuse that
    hangs, and how long the list of traces takes over many spans.
    """
    import anyio

    from cli.output import Output
    from cli.session import quiet, read_settings

    settings = read_settings(ctx)
    quiet(settings)
    output = Output(as_json=as_json)

    async def under_load() -> "list[Measure]":
        from cli.loading import Load, run_load

        amount = Load(
            questions=questions * rounds,
            streams=streams,
            stream_questions=STREAM_QUESTIONS * streams,
            growth=requests,
        )
        return await run_load(settings, amount, say=output.note)

    async def over_floor() -> "list[Measure]":
        from cli.benching import require_defaults, run_bench

        require_defaults(settings)
        return await run_bench(
            settings, documents=documents, rounds=rounds, questions=questions, say=output.note
        )

    async def of_tracing() -> "list[Measure]":
        from cli.tracing_trials import run_tracing

        return await run_tracing(
            settings, rounds=rounds, questions=questions, spans=spans, say=output.note
        )

    chosen = of_tracing if subject == "tracing" else under_load if load else over_floor
    # The event loop that the server runs on.
    measures = anyio.run(chosen, backend_options={"use_uvloop": True})
    clean = all(measure.passed for measure in measures)
    document = {"measures": [measure.document() for measure in measures], "passed": clean}
    output.show(document, lambda out: _draw(out, measures))
    if gate and not clean:
        raise typer.Exit(1)


def _draw(out: "Console", measures: "Sequence[Measure]") -> None:
    from cli.tables import table

    rows = table("measure", "value", "unit", "target", "result", "detail")
    for measure in measures:
        sign = "≤" if measure.better == "lower" else "≥"
        rows.add_row(
            measure.name,
            measure.value,
            measure.unit,
            f"{sign} {measure.target:g}",
            "pass" if measure.passed else "fail",
            ", ".join(f"{name} {value:g}" for name, value in measure.detail.items()),
        )
    out.print(rows.grid)
