"""What is special about reranking through LiteLLM."""

from typing import Any

import pytest

from providers.errors import ProviderError, TransientProviderError
from providers.protocols import ReportsUsage
from providers.registry import RERANKER, load
from providers.reranker.litellm import LiteLlmReranker
from providers.types import Status, Usage
from tests.providers.hosted.json_service import JsonService
from tests.providers.hosted.litellm_service import RERANK_ROUTES, litellm_service
from tests.providers.hosted.tei_service import closeness
from tests.providers.source.site import Served

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("litellm_clients")]


@pytest.fixture
def service(served: Served) -> JsonService:
    return litellm_service(served)


def reranker(url: str, **options: Any) -> LiteLlmReranker:
    given = {"model": "hosted_vllm/ours", "api_base": url, "api_key": "k3y", **options}
    found = load(RERANKER, "litellm", given)
    assert isinstance(found, LiteLlmReranker)
    return found


@pytest.mark.parametrize("vendor", sorted(RERANK_ROUTES))
async def test_three_vendors(service: JsonService, vendor: str) -> None:
    plugin = reranker(service.url, model=f"{vendor}/rerank-v3.5", batch_size=4)
    passages = [f"passage {number} about pumps" for number in range(6)]
    scores = await plugin.rerank("pumps and passage 3", passages, keys=passages)
    assert scores == pytest.approx(closeness("pumps and passage 3", passages))
    bodies = service.bodies(RERANK_ROUTES[vendor])
    assert sorted((len(body["documents"]), body["top_n"]) for body in bodies) == [(2, 2), (4, 4)]


async def test_what_it_costs(service: JsonService) -> None:
    seen: list[tuple[str, Usage]] = []
    for model in ("cohere/rerank-v3.5", "hosted_vllm/ours"):
        plugin = reranker(service.url, model=model)
        assert isinstance(plugin, ReportsUsage)
        plugin.bind_usage(lambda model, usage: seen.append((model, usage)))
        await plugin.rerank("a", ["b"], keys=["b"])
    # Cohere bills by the search, a server of one's own counts tokens and bills nothing.
    assert seen == [
        ("cohere/rerank-v3.5", Usage(cost_usd=0.002)),
        ("hosted_vllm/ours", Usage(input_tokens=9)),
    ]


async def test_faults(service: JsonService) -> None:
    plugin = reranker(service.url, timeout_s=0.3)
    for fault in (429, 500, 1.0):
        service.faults.append(fault)
        with pytest.raises(TransientProviderError):
            await plugin.rerank("a", ["b"], keys=["b"])
    for refused in (
        401,
        422,
        b'{"results": []}',
        b'{"results": [{"index": 7, "relevance_score": 1}]}',
    ):
        service.faults.append(refused)
        with pytest.raises(ProviderError) as caught:
            await plugin.rerank("a", ["b"], keys=["b"])
        assert not isinstance(caught.value, TransientProviderError)
        assert "k3y" not in str(caught.value)


async def test_health(service: JsonService) -> None:
    plugin = reranker(service.url)
    for _ in range(3):
        assert (await plugin.check()).status is Status.READY
    assert len(service.seen) == 1
    service.faults.append(401)
    assert (await reranker(service.url).check()).status is Status.UNAVAILABLE
