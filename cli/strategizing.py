"""Compares strategies of retrieval in a scratch home, with a model that replays its replies."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli.evaluating import Progress, contents, ingest_into
from cli.files import LocalFile
from cli.scratch import COLLECTION, scratch_container
from evals.citations import Place
from evals.recorded import RecordedModels
from evals.strategies import COMPARED, RecordedRow, compare_strategies, replies_of
from graphs.identity import config_for
from graphs.query.graph import build_search
from graphs.query.providers import QueryProviders
from graphs.query.settings import Strategy
from graphs.query.state import Context
from providers.principal import local_principal
from service.container import Container
from service.settings import Settings

_HITS = 8


async def run_strategies(
    settings: Settings,
    files: Sequence[LocalFile],
    rows: Sequence[RecordedRow],
    *,
    index_dir: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Ingest documents and ask the questions with each strategy."""
    fill = ingest_into(files, progress)
    async with scratch_container(settings, contents(files), fill, index_dir) as (container, built):
        finder = _Finder(container, rows)
        total = len(rows) * len(COMPARED)
        report = await compare_strategies(
            rows, finder.find, progress=lambda done: progress("asking", done, total)
        )
    return {**report, **built, "degraded": sorted(finder.degraded)}


class _Finder:
    """Searches with the container's providers, and with recorded replies for a model."""

    def __init__(self, container: Container, rows: Sequence[RecordedRow]) -> None:
        self.degraded: set[str] = set()
        providers = container.providers
        if providers.vector_store is None:
            raise RuntimeError("the service was opened without a vector store")
        query = QueryProviders(
            store=providers.vector_store,
            embedder=providers.embedder,
            sparse_encoder=providers.sparse_encoder,
            reranker=providers.reranker,
        )
        self._search = build_search(
            replace(query, models=RecordedModels(replies_of(rows))),
            container.database,
            container.settings.query,
        )

    async def find(self, question: str, strategy: Strategy) -> list[Place]:
        """Return where the best passages start."""
        context = Context(collection=COLLECTION, top_k=_HITS, strategy=strategy)
        found = await self._search.ainvoke(
            {"question": question}, config_for(local_principal()), context=context
        )
        self.degraded.update(found["degraded"])
        return [Place(passage.source, passage.page) for passage in found["passages"]]
