"""What is special about reranking on a server of Text Embeddings Inference."""

from typing import Any

import pytest

from providers.errors import ProviderError, TransientProviderError
from providers.registry import RERANKER, load
from providers.reranker.tei import TeiReranker
from providers.types import Status
from tests.providers.hosted.tei_service import MODEL, closeness, tei_service
from tests.providers.source.site import Served


def reranker(url: str, **options: Any) -> TeiReranker:
    found = load(RERANKER, "tei", {"url": url, "model": MODEL, **options})
    assert isinstance(found, TeiReranker)
    return found


async def test_batches_are_scored_in_the_order_of_the_passages(served: Served) -> None:
    service = tei_service(served, kind="reranker", max_batch=4)
    tei = reranker(service.url)
    passages = [f"passage {number} about pumps" for number in range(11)]
    scores = await tei.rerank("pumps and passage 7", passages, keys=passages)
    assert scores == pytest.approx(closeness("pumps and passage 7", passages))
    assert sorted(len(body["texts"]) for body in service.bodies("POST /rerank")) == [3, 4, 4]
    assert all(body["truncate"] is True for body in service.bodies("POST /rerank"))
    await tei.aclose()


async def test_faults(served: Served) -> None:
    service = tei_service(served, kind="reranker")
    tei = reranker(service.url)
    await tei.rerank("warm", ["up"], keys=["up"])
    service.faults.append(429)
    with pytest.raises(TransientProviderError, match="429"):
        await tei.rerank("a", ["b"], keys=["b"])
    for reply in (b"[]", b"{}", b'[{"index": 0, "score": NaN}]', b'[{"index": 1, "score": 1}]'):
        await tei.rerank("warm", ["up"], keys=["up"])
        service.faults.append(reply)
        with pytest.raises(ProviderError, match="score"):
            await tei.rerank("a", ["b"], keys=["b"])
    await tei.aclose()


async def test_an_embedder_is_no_reranker(served: Served) -> None:
    tei = reranker(tei_service(served).url)
    health = await tei.check()
    assert health.status is Status.UNAVAILABLE
    assert "of the kind embedding, not reranker" in health.detail
    await tei.aclose()
