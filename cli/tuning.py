"""Tries settings of retrieval over scratch homes, one for each size of chunks."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import yaml

from cli.evaluating import Progress, contents, ingest_into
from cli.files import LocalFile
from cli.problems import UsageProblemError
from cli.scratch import COLLECTION, scratch_container
from evals.suites.cases import Case
from evals.suites.scoring import Found, score_retrieval
from evals.suites.tuning import Setting, current, tune
from graphs.identity import config_for
from graphs.query.graph import SearchGraph, build_search
from graphs.query.providers import QueryProviders
from graphs.query.state import Context
from providers.principal import local_principal
from service.container import Container
from service.settings import Settings

_HITS = 30


async def run_tuning(
    settings: Settings,
    files: Sequence[LocalFile],
    cases: Sequence[Case],
    *,
    trials: int,
    chunk_sizes: Sequence[int],
    index_dir: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Search settings on golden questions.

    Raises:
        DatasetError: there are too few questions.
        UsageProblemError: the package that searches is not installed.
    """
    async with AsyncExitStack() as stack:
        bench = _Bench(settings, files, index_dir, stack, progress)
        start = current(settings.query, settings.ingest.chunk)
        try:
            return await tune(
                cases,
                bench.evaluate,
                start=start,
                trials=trials,
                chunk_sizes=chunk_sizes,
                progress=lambda done: progress("trying settings", done, trials),
            )
        except ImportError as error:
            raise UsageProblemError("tuning needs: pip install 'cicerone[tuning]'") from error


class _Bench:
    """Opens an index for each size of chunks when it is first needed."""

    def __init__(
        self,
        settings: Settings,
        files: Sequence[LocalFile],
        index_dir: Path | None,
        stack: AsyncExitStack,
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._files = files
        self._index_dir = index_dir
        self._stack = stack
        self._progress = progress
        self._opened: dict[int, Container] = {}

    async def evaluate(self, setting: Setting, cases: Sequence[Case]) -> Mapping[str, float]:
        """Return nDCG@10 by case."""
        container = await self._container(setting.chunk_tokens)
        search = _search(container, setting)
        rankings = {case.id: await _found(search, case) for case in cases}
        return score_retrieval(cases, rankings)["ndcg@10"]

    async def _container(self, tokens: int) -> Container:
        if tokens not in self._opened:
            chunk = self._settings.ingest.chunk.model_copy(update={"max_tokens": tokens})
            ingest = self._settings.ingest.model_copy(update={"chunk": chunk})
            settings = self._settings.model_copy(update={"ingest": ingest})
            fill = ingest_into(self._files, self._progress)
            opened = scratch_container(settings, contents(self._files), fill, self._index_dir)
            self._opened[tokens], _ = await self._stack.enter_async_context(opened)
        return self._opened[tokens]


def _search(container: Container, setting: Setting) -> SearchGraph:
    providers = container.providers
    if providers.vector_store is None:
        raise RuntimeError("the service was opened without a vector store")
    query = QueryProviders(
        store=providers.vector_store,
        embedder=providers.embedder,
        sparse_encoder=providers.sparse_encoder,
        reranker=providers.reranker,
    )
    return build_search(query, container.database, setting.query(container.settings.query))


async def _found(search: SearchGraph, case: Case) -> list[Found]:
    context = Context(collection=COLLECTION, top_k=_HITS)
    found = await search.ainvoke(
        {"question": case.question}, config_for(local_principal()), context=context
    )
    return [Found(source=passage.source, page=passage.page) for passage in found["passages"]]


def write_setting(path: Path, report: Mapping[str, Any]) -> None:
    """Write the setting as a part of a configuration file, with its proof as a comment."""
    proof = report["proof"]
    said = (
        f"# Found by {report['trials']} trials on {report['tuned_on']} questions; nDCG@10 on the "
        f"{report['held_out']} that were\n# held out: {proof['before']} before, {proof['after']} "
        f"with it (change {proof['change']:+}, 90 % interval\n# {proof['low']:+} to "
        f"{proof['high']:+}).\n"
    )
    path.write_text(said + yaml.safe_dump(report["setting"], sort_keys=False), encoding="utf-8")
