"""Runs the benchmark of tracing: a scratch home, ways of recording in turns, a full store."""

import logging
import random
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import anyio.to_thread

from cli.benching import Say, ingestion_of
from cli.scratch import COLLECTION, scratch_settings
from evals.bench.corpus import make_manuals, make_questions
from evals.bench.query_path import Search
from evals.bench.targets import Measure
from evals.bench.tracing import HANGING, OFF, STORE, Way, measure_tracing, trace_list
from providers.principal import DEFAULT_TENANT, local_principal
from providers.telemetry import SpanKind
from service.container import Container, open_container
from service.schemas import AskRequest
from service.settings import Settings
from service.tracing import reading
from service.tracing.records import SpanRecord, dump
from service.tracing.schemas import TraceFilter
from service.tracing.settings import LangfuseSettings, TracingSettings
from service.tracing.store import TraceStore

MANUALS: Final = 10
SPANS_A_TRACE: Final = 25
BATCH: Final = 10_000
LOOKS: Final = 5
DAYS: Final = 30
_ASKED: Final = ("How often should I descale the kettle", "What does error E4 mean", "Which oil")


async def run_tracing(
    settings: Settings, *, rounds: int, questions: int, spans: int, say: Say
) -> list[Measure]:
    """Measure what recording adds to a question, and the list of traces over many spans."""
    # That a server hangs is what is wanted.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="cicerone-tracing-") as folder, hanging_server() as url:
        home = Path(folder) / "home"
        scratch = scratch_settings(settings, home).model_copy(
            update={"tracing": TracingSettings(langfuse=_langfuse(url), flush_s=3600.0)}
        )
        async with open_container(scratch) as container:
            say("ingesting")
            await (await ingestion_of(container)).run(make_manuals(MANUALS, seed=3))
            say("asking")
            ways = _ways(container)
            ask = _answers(container)
            warm_up, *asked = make_questions(questions * rounds * len(ways) + 1, seed=11)
            await ask(warm_up)
            found = await measure_tracing(ask, ways, asked)
        if spans:
            say(f"writing {spans} spans")
            store = TraceStore.open(Path(folder), "sqlite://")
            found.append(await anyio.to_thread.run_sync(_measure_list, store, spans))
    return found


def _langfuse(url: str) -> LangfuseSettings:
    return LangfuseSettings.model_validate(
        {"public_key": "pk-bench", "secret_key": "sk-bench", "base_url": url, "timeout_s": 1}
    )


def _answers(container: Container) -> Search:
    async def ask(question: str) -> object:
        request = AskRequest(question=question, collection=COLLECTION, cache=False)
        return await container.answering.answer(local_principal(), request)

    return ask


def _ways(container: Container) -> dict[str, Way]:
    tracer = container.tracer
    # Langfuse comes last among the consumers.
    everywhere = list(tracer.pipeline.consumers)

    def way(*, recording: bool, consumers: int) -> Way:
        def begin() -> None:
            tracer.recording = recording
            tracer.pipeline.consumers[:] = everywhere[:consumers]

        return Way(begin, tracer.pipeline.flush)

    return {
        OFF: way(recording=False, consumers=len(everywhere) - 1),
        STORE: way(recording=True, consumers=len(everywhere) - 1),
        HANGING: way(recording=True, consumers=len(everywhere)),
    }


@contextmanager
def hanging_server() -> Iterator[str]:
    """Listen on loopback, accept, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):  # it is closed at the end
                while True:
                    kept.append(server.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for connection in kept:
            connection.close()


def _measure_list(store: TraceStore, spans: int) -> Measure:
    traces = _fill(store, spans)
    now = time.time()
    filters: dict[str, dict[str, object]] = {
        "newest": {},
        "slow": {"min_ms": 200.0},
        "failed": {"state": "failed"},
        "graph": {"graph": "search"},
        "text": {"text": "error e4"},
        "nothing": {"text": "not asked by anybody"},
        "week": {"since": now - 7 * 86_400, "graph": "query"},
    }
    times = {name: _look(store, TraceFilter.model_validate(one)) for name, one in filters.items()}
    store.close()
    return trace_list(times, spans=spans, traces=traces)


def _look(store: TraceStore, wanted: TraceFilter) -> float:
    """Return the median time of a look, in milliseconds."""
    times = []
    for _ in range(LOOKS):
        started = time.perf_counter()
        store.read(lambda found: reading.page(found, DEFAULT_TENANT, wanted, limit=50, offset=0))
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)[LOOKS // 2]


def _fill(store: TraceStore, spans: int) -> int:
    chance, batch, traces = random.Random(5), [], 0  # noqa: S311 - made-up spans
    for number in range(0, spans, SPANS_A_TRACE):
        batch += _trace(number, spans, chance)
        traces += 1
        if len(batch) >= BATCH:
            store.write(batch)
            batch = []
    store.write(batch)
    return traces


def _trace(number: int, spans: int, chance: random.Random) -> list[SpanRecord]:
    trace_id, top = f"{chance.getrandbits(128):032x}", f"{chance.getrandbits(64):016x}"
    began = time.time() - DAYS * 86_400 * (1 - number / spans)
    is_search, failed = chance.random() < 0.2, chance.random() < 0.002  # noqa: PLR2004
    asked = f"{chance.choice(_ASKED)} ({number})?"
    said = {"input": asked, "model": "made-up", "passages": 8}
    return [
        SpanRecord(
            trace_id=trace_id,
            span_id=top if step == 0 else f"{chance.getrandbits(64):016x}",
            parent_id=None if step == 0 else top,
            tenant_id=DEFAULT_TENANT,
            kept=True,
            subject="bench",
            name=("search" if is_search else "query") if step == 0 else f"step {step}",
            kind=SpanKind.GRAPH if step == 0 else SpanKind.NODE,
            started_at=began + step / 1000,
            duration_ms=chance.expovariate(1 / 30),
            error="SearchUnavailableError: down" if failed and step == 0 else None,
            attributes=said,
            json=dump(said),
        )
        for step in range(SPANS_A_TRACE)
    ]
