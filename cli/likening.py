"""Scores pairs of questions with the configured embedder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from evals.likeness import scoring as likeness
from service.errors import SettingsError
from service.plugins import load_providers
from service.settings import Settings

LIKENESS_STEPS: Final = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""Cosines that are tried when none is given."""


async def run_likeness(
    settings: Settings, pairs: Path | None, threshold: float | None
) -> dict[str, Any]:
    """Judge pairs of questions with the configured embedder, at one cosine or at several.

    Raises:
        SettingsError: there is no embedder, or it cannot be built.
        ProviderError: its model is missing.
    """
    labelled = likeness.read_pairs(pairs or likeness.PAIRS)
    providers = load_providers(settings)
    try:
        if providers.embedder is None:
            raise SettingsError("embedder.enabled: pairs are compared by their vectors; set true")
        judged = await likeness.judge(labelled, providers.embedder)
        name = providers.embedder.fingerprint
    finally:
        await providers.aclose()
    steps = LIKENESS_STEPS if threshold is None else (threshold,)
    splits = sorted({pair.split for pair in labelled})
    rates = [_likeness(judged, split, step) for split in splits for step in steps]
    return {"pairs": len(labelled), "embedder": name, "rates": rates}


def _likeness(judged: Sequence[likeness.Judged], split: str, threshold: float) -> dict[str, Any]:
    ours = [each for each in judged if each.pair.split == split]
    found = likeness.rates(ours, threshold)
    plain = likeness.rates(ours, threshold, rules=False)
    return {
        "split": split,
        "threshold": threshold,
        "same": found.same,
        "hits": found.right,
        "hits_by_vectors": plain.right,
        "others": found.others,
        "wrong": found.wrong,
        "wrong_by_vectors": plain.wrong,
    }
