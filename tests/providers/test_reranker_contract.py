"""What every reranker must do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from providers.protocols import Reranker
from providers.registry import RERANKER, load
from providers.types import Status
from tests.providers.hosted.litellm_service import litellm_service
from tests.providers.hosted.tei_service import MODEL, tei_service
from tests.providers.source.site import Served

PASSAGES = [
    "The museum opens at nine on weekdays.",
    "Unplug the appliance before you clean the drain pump filter.",
    "Error E18 means that the pump is blocked by a foreign object.",
]
KEYS = ["a", "b", "c"]


_INTEGRATION = [
    pytest.param("fastembed", marks=pytest.mark.integration),
    pytest.param("late_interaction", marks=pytest.mark.integration),
    pytest.param("litellm", marks=pytest.mark.integration),
]


def _options(plugin: str, served: Served) -> dict[str, Any]:
    """Start the server that a plugin needs, and return what it must be told."""
    if plugin == "tei":
        return {"url": tei_service(served, kind="reranker").url, "model": MODEL}
    if plugin == "litellm":
        url = litellm_service(served).url
        return {"model": "hosted_vllm/ours", "api_base": url, "api_key": "k3y"}
    return {}


@pytest.fixture(params=["tei", *_INTEGRATION])
async def reranker(
    request: pytest.FixtureRequest, served: Served, litellm_clients: None
) -> AsyncIterator[Reranker]:
    defaults: dict[str, Path] = {}
    if request.param == "late_interaction":
        defaults["models_dir"] = request.getfixturevalue("models_dir")
    options = _options(request.param, served)
    if request.param == "fastembed":
        options["model"] = str(request.getfixturevalue("cross_encoder_folder"))
    plugin = load(RERANKER, request.param, options, defaults=defaults)
    yield plugin
    await plugin.aclose()
    await plugin.aclose()


async def test_the_passage_that_answers_is_first(reranker: Reranker) -> None:
    scores = await reranker.rerank("what does error E18 mean", PASSAGES, keys=KEYS)
    assert len(scores) == len(PASSAGES)
    assert max(range(3), key=scores.__getitem__) == 2
    assert min(range(3), key=scores.__getitem__) == 0


async def test_remembered_passages_score_the_same(reranker: Reranker) -> None:
    first = await reranker.rerank("clean the filter", PASSAGES, keys=KEYS)
    again = await reranker.rerank("clean the filter", PASSAGES, keys=KEYS)
    turned = await reranker.rerank("clean the filter", PASSAGES[::-1], keys=KEYS[::-1])
    assert again == pytest.approx(first, abs=1e-3)
    assert turned[::-1] == pytest.approx(first, abs=1e-3)


async def test_no_passages_and_empty_texts(reranker: Reranker) -> None:
    assert await reranker.rerank("anything", [], keys=[]) == []
    assert len(await reranker.rerank("", [""], keys=["empty"])) == 1


async def test_each_passage_needs_a_key(reranker: Reranker) -> None:
    with pytest.raises(ValueError, match="keys"):
        await reranker.rerank("anything", PASSAGES, keys=["a"])


async def test_health(reranker: Reranker) -> None:
    health = await reranker.check()
    assert health.status is Status.READY
    assert health.model
