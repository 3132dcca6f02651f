"""Runs the benchmark: a scratch home, the floor beside it, and a server of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import anyio.to_thread
import httpx
import psutil

from cli.problems import UsageProblemError
from cli.scratch import COLLECTION, scratch_settings
from evals.bench.corpus import make_questions
from evals.bench.floor import BareEmbedder, BareIndex
from evals.bench.ingestion import Ingestion, measure_ingestion
from evals.bench.query_path import TOP_K, Search, bare_search, measure_query_path
from evals.bench.targets import Measure, server_memory, server_start
from graphs.identity import config_for
from graphs.ingest.graph import with_checkpoints
from graphs.query.state import Context
from providers.embedder.fastembed import FastEmbedConfig
from providers.principal import local_principal
from providers.vector_store.naming import DENSE, SPARSE
from service.container import Container, open_container
from service.owner import running_server
from service.settings import Settings

START_TIMEOUT_S: Final = 60.0
MEGABYTE: Final = 10**6

Say = Callable[[str], None]


def require_defaults(settings: Settings) -> None:
    """Refuse to compare what the floor is not made of.

    Raises:
        UsageProblemError: another embedder or vector store is configured.
    """
    if (settings.embedder.plugin, settings.vector_store.plugin) != ("fastembed", "qdrant_edge"):
        raise UsageProblemError(
            "the benchmark compares the embedded defaults with the libraries under them: "
            "set embedder.plugin to fastembed and vector_store.plugin to qdrant_edge"
        )


async def run_bench(
    settings: Settings, *, documents: int, rounds: int, questions: int, say: Say
) -> list[Measure]:
    """Measure ingestion, the query path, and a server's start and memory."""
    with tempfile.TemporaryDirectory(prefix="cicerone-bench-") as folder:
        scratch = scratch_settings(settings, Path(folder) / "home")
        floor = _bare_embedder(scratch)
        async with open_container(scratch) as container:
            say("ingesting")
            ingested = await measure_ingestion(
                await _ingestion(container), floor, manuals=documents, rounds=rounds
            )
            index = await _live_index(container)
        # A shard belongs to one owner, so the floor gets a copy, made while nobody has it open.
        copy = Path(folder) / "floor"
        await anyio.to_thread.run_sync(shutil.copytree, _shard(scratch, index), copy)
        async with open_container(scratch) as container:
            say("asking")
            with closing(BareIndex(copy, dense=DENSE, sparse=SPARSE)) as bare:
                asked = await measure_query_path(
                    _graph_search(container),
                    bare_search(floor, bare),
                    make_questions(questions * rounds, seed=7),
                    rounds=rounds,
                )
        say("starting a server")
        served = await anyio.to_thread.run_sync(_measure_server, scratch, rounds)
    return [asked, ingested, *served]


async def _ingestion(container: Container) -> Ingestion:
    graph = container.workflows.ingest
    if graph is None:
        raise UsageProblemError("the benchmark ingests documents: set parser.enabled to true")
    return Ingestion(
        graph=with_checkpoints(graph, await container.checkpoints.saver()),
        database=container.database,
        principal=local_principal(),
        collection=COLLECTION,
        concurrency=container.settings.jobs.concurrency,
    )


def _bare_embedder(settings: Settings) -> BareEmbedder:
    options = FastEmbedConfig(**{"models_dir": settings.models_dir, **settings.embedder.options})
    return BareEmbedder(
        options.models_dir / options.model,
        threads=options.threads,
        max_tokens=options.max_tokens,
    )


def _graph_search(container: Container) -> Search:
    context = Context(collection=COLLECTION, top_k=TOP_K, rerank=False)
    config = config_for(local_principal())

    async def search(question: str) -> object:
        found = await container.workflows.search.ainvoke(
            {"question": question}, config, context=context
        )
        if found["degraded"]:
            raise RuntimeError(f"the search was not whole: {found['degraded']}")
        return found

    return search


async def _live_index(container: Container) -> str:
    async with container.database.begin(local_principal(), read_only=True) as transaction:
        collection = await transaction.collections.get(COLLECTION)
    store = container.providers.vector_store
    if collection is None or collection.live_index is None or store is None:
        raise RuntimeError("the benchmark's documents were not indexed")
    await store.optimize(collection.live_index)
    return collection.live_index


def _shard(settings: Settings, index: str) -> Path:
    """Return the folder in which the engine keeps an index."""
    folder = settings.home / "vector_store" / "vectors" / index
    manifest = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return folder / str(manifest["shard"])


def _measure_server(settings: Settings, rounds: int) -> list[Measure]:
    """Start `cicerone serve` a few times; the figures are medians."""
    starts: list[float] = []
    memory: list[dict[str, float]] = []
    for _ in range(rounds):
        with _server(settings) as (process, seconds):
            starts.append(seconds)
            memory.append(_memory_after_a_question(settings, process))
    memory.sort(key=lambda found: found["all_mb"])
    middle = memory[len(memory) // 2]
    return [
        server_start(sorted(starts)[len(starts) // 2], rounds=rounds),
        server_memory(middle["all_mb"], rounds=rounds, **middle),
    ]


@contextmanager
def _server(settings: Settings) -> Iterator[tuple[psutil.Process, float]]:
    """Run a server on the scratch home; yields it once it is ready, and the seconds it took."""
    command = [sys.executable, "-m", "cli", "serve", "--port", "0", "--json"]
    environment = {
        **os.environ,
        "CICERONE_HOME": str(settings.home),
        "CICERONE_MODELS_DIR": str(settings.models_dir),
    }
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own command, no words from outside
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_until_ready(settings, process, started + START_TIMEOUT_S)
            yield psutil.Process(process.pid), time.perf_counter() - started
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=START_TIMEOUT_S)


def _wait_until_ready(
    settings: Settings, process: "subprocess.Popen[bytes]", deadline: float
) -> None:
    """Wait for the ready line and a whole readiness report.

    Raises:
        RuntimeError: the server ended or took too long.
    """
    while (address := running_server(settings.home)) is None:
        if process.poll() is not None or time.perf_counter() > deadline:
            raise RuntimeError("the server did not start; `cicerone serve` shows why")
        time.sleep(0.01)
    while httpx.get(f"{address.base_url}/readyz", trust_env=False).status_code != httpx.codes.OK:
        if time.perf_counter() > deadline:
            raise RuntimeError("the server did not become ready; `cicerone doctor` shows why")
        time.sleep(0.01)


def _memory_after_a_question(settings: Settings, process: psutil.Process) -> dict[str, float]:
    address = running_server(settings.home)
    if address is None:
        raise RuntimeError("the server went away")
    response = httpx.post(
        f"{address.base_url}/api/ask",
        headers={"Authorization": f"Bearer {address.token}"},
        json={"question": make_questions(1)[0], "collection": COLLECTION},
        timeout=START_TIMEOUT_S,
        trust_env=False,
    )
    response.raise_for_status()
    children = [child.memory_info().rss for child in process.children(recursive=True)]
    own = process.memory_info().rss
    return {
        "process_mb": round(own / MEGABYTE, 1),
        "children_mb": round(sum(children) / MEGABYTE, 1),
        "all_mb": round((own + sum(children)) / MEGABYTE, 1),
    }
