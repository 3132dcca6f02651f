"""Runs the benchmark: a scratch home, the floor beside it, and a server of its own."""

import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import anyio.to_thread
import httpx
import psutil

from cli.problems import UsageProblemError
from cli.scratch import COLLECTION, scratch_settings
from cli.scratch_server import START_TIMEOUT_S, memory_of, scratch_server
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
from providers.vector_store.sparse_copy import copy_sparse
from service.container import Container, open_container
from service.owner import running_server
from service.settings import Settings

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
                await ingestion_of(container), floor, manuals=documents, rounds=rounds
            )
            index = await _live_index(container)
        # A shard belongs to one owner, so the floor gets a copy, made while nobody has it open.
        copy = Path(folder) / "floor"
        copying = partial(shutil.copytree, copy_function=copy_sparse)
        await anyio.to_thread.run_sync(copying, _shard(scratch, index), copy)
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


async def ingestion_of(container: Container) -> Ingestion:
    """Return the ingest graph as the service runs it, for documents of a scratch home.

    Raises:
        UsageProblemError: there is no parser.
    """
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
        with scratch_server(settings) as (process, seconds):
            starts.append(seconds)
            memory.append(_memory_after_a_question(settings, process))
    memory.sort(key=lambda found: found["all_mb"])
    middle = memory[len(memory) // 2]
    return [
        server_start(sorted(starts)[len(starts) // 2], rounds=rounds),
        server_memory(middle["all_mb"], rounds=rounds, **middle),
    ]


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
    return memory_of(process)
