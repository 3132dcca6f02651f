"""The semantic cache's threshold, with the model that it was calibrated with."""

from pathlib import Path

import platformdirs
import pytest

from evals.likeness.scoring import judge, rates, read_pairs
from graphs.query.caching.settings import SemanticSettings
from providers import registry

DEFAULT = SemanticSettings().threshold


@pytest.mark.integration
async def test_no_near_miss_is_answered_and_many_paraphrases_are() -> None:
    models = Path(platformdirs.user_cache_dir("cicerone")) / "models"
    embedder = registry.load(
        registry.EMBEDDER, "fastembed", {}, defaults={"models_dir": models, "data_dir": models}
    )
    judged = await judge(read_pairs(), embedder)
    await embedder.aclose()
    for split, least in (("dev", 14), ("test", 9)):
        ours = [each for each in judged if each.pair.split == split]
        found = rates(ours, DEFAULT)
        assert (found.wrong, found.right >= least) == (0, True)
        # Vectors alone would answer every third near miss with the wrong text.
        assert rates(ours, DEFAULT, rules=False).wrong > found.others / 3
