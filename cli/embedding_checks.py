"""Runs the checkpoint of embedders, and compares their weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from cli.evaluating import Progress, run_retrieval
from evals.beir import RetrievalSet
from evals.suites.embeddings import checkpoint, drift, load_parallel, load_wanted
from providers.protocols import Embedder
from providers.types import TextKind
from service.errors import SettingsError
from service.plugins import Providers, load_providers
from service.settings import Settings

MOST_LOST: Final = 0.005
"""nDCG@10 that 8-bit weights may lose: half a point of a hundred."""


async def run_checkpoint(
    settings: Settings, golden: Path, parallel: Path | None, before: Path | None, save: Path | None
) -> dict[str, Any]:
    """Judge the configured embedder; compare its vectors with saved ones, and save them.

    Raises:
        SettingsError: there is no embedder.
        DatasetError: a set cannot be used, or the saved vectors are of other texts.
    """
    wanted = load_wanted(golden)
    pairs = load_parallel(parallel) if parallel else load_parallel()
    providers = load_providers(settings)
    try:
        embedder = _embedder(providers)
        report = await checkpoint(embedder, wanted, pairs)
        vectors = await embedder.embed([row.question for row in wanted], kind=TextKind.QUERY)
    finally:
        await providers.aclose()
    if before is not None:
        report["drift"] = drift(np.load(before, allow_pickle=False), vectors)
    if save is not None:
        np.save(save, vectors)
    return report


def _embedder(providers: Providers) -> Embedder:
    if providers.embedder is None:
        raise SettingsError("embedder.enabled: there is no embedder to judge; set true")
    return providers.embedder


async def compare_weights(
    settings: Settings, dataset: RetrievalSet, progress: Progress
) -> dict[str, Any]:
    """Index and search a judged corpus with full and with 8-bit weights, by vectors alone."""
    found = {
        weights: await run_retrieval(
            _with_weights(settings, weights),
            dataset,
            mode="dense",
            rerank=False,
            index_dir=None,
            progress=progress,
        )
        for weights in ("float32", "int8")
    }
    return {
        "queries": len(dataset.queries),
        "documents": len(dataset.corpus),
        "weights": {name: _figures(report) for name, report in found.items()},
        **_recommend([found[name]["metrics"]["nDCG@10"] for name in ("float32", "int8")]),
    }


def _figures(report: dict[str, Any]) -> dict[str, float]:
    return {**report["metrics"], "query_ms": report["query_ms"]["p50"], **_speed(report)}


def _speed(report: dict[str, Any]) -> dict[str, float]:
    return {"docs_per_s": report["docs_per_s"]}


def _recommend(ndcg: Sequence[float]) -> dict[str, Any]:
    lost = round(ndcg[0] - ndcg[1], 4)
    return {"lost": lost, "recommended": "int8" if lost <= MOST_LOST else "float32"}


def _with_weights(settings: Settings, weights: str) -> Settings:
    options = {**settings.embedder.options, "weights": weights}
    embedder = settings.embedder.model_copy(update={"options": options})
    return settings.model_copy(update={"embedder": embedder})
