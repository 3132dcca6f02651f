"""What is special about embedding through LiteLLM."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from providers.embedder.litellm import LiteLlmEmbedder
from providers.errors import ModelMissingError, ProviderError, TransientProviderError
from providers.protocols import ReportsUsage
from providers.registry import EMBEDDER, load, secret_options
from providers.types import Status, TextKind, Usage
from tests.providers.hosted.json_service import JsonService
from tests.providers.hosted.litellm_service import litellm_service
from tests.providers.hosted.tei_service import vectors
from tests.providers.source.site import Served

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("litellm_clients")]


@pytest.fixture
def service(served: Served) -> JsonService:
    return litellm_service(served)


def embedder(url: str, **options: Any) -> LiteLlmEmbedder:
    given = {
        "model": "openai/text-embedding-3-small",
        "dimensions": 256,
        "api_base": url,
        "api_key": "k3y",
        **options,
    }
    found = load(EMBEDDER, "litellm", given)
    assert isinstance(found, LiteLlmEmbedder)
    return found


async def test_batches_and_their_cost(service: JsonService) -> None:
    plugin = embedder(service.url, batch_size=4)
    seen: list[tuple[str, Usage]] = []
    assert isinstance(plugin, ReportsUsage)
    plugin.bind_usage(lambda model, usage: seen.append((model, usage)))
    texts = [f"text number {number}" for number in range(10)]
    rows = await plugin.embed(texts, kind=TextKind.PASSAGE)
    np.testing.assert_allclose(rows, vectors(texts), atol=1e-6)
    bodies = service.bodies("POST /embeddings")
    assert sorted(len(body["input"]) for body in bodies) == [2, 4, 4]
    assert {body["model"] for body in bodies} == {"text-embedding-3-small"}
    assert sum(usage.input_tokens for _, usage in seen) == 30
    # 0.02 USD a million tokens, in the list of prices that comes with the package.
    assert sum(usage.cost_usd for _, usage in seen) == pytest.approx(30 * 0.02e-6)


async def test_a_price_of_ones_own(service: JsonService) -> None:
    seen: list[Usage] = []
    for price, expected in ((None, 0.0), (5.0, 1e-5)):
        plugin = embedder(service.url, model="openai/ours", cost_per_1m_tokens_usd=price)
        plugin.bind_usage(lambda _model, usage: seen.append(usage))
        await plugin.embed(["two words"], kind=TextKind.QUERY)
        assert seen[-1].input_tokens == 2
        assert seen[-1].cost_usd == pytest.approx(expected)


async def test_each_kind_has_its_parameters_and_length(service: JsonService) -> None:
    plugin = embedder(
        service.url,
        dimensions=64,
        send_dimensions=True,
        query_parameters={"user": "asks"},
        passage_prefix="passage: ",
    )
    rows = await plugin.embed(["a pump", ""], kind=TextKind.QUERY)
    assert rows.shape == (2, 64)
    await plugin.embed(["a pump"], kind=TextKind.PASSAGE)
    asked, kept = service.bodies("POST /embeddings")
    assert (asked["input"], asked["user"], asked["dimensions"]) == (["a pump", " "], "asks", 64)
    assert (kept["input"], "user" in kept) == (["passage: a pump"], False)
    names = {
        embedder(service.url, **options).fingerprint
        for options in (
            {},
            {"dimensions": 64},
            {"query_prefix": "q"},
            {"passage_prefix": "q"},
            {"parameters": {"user": "q"}},
            {"revision": "2"},
        )
    }
    assert len(names) == 6


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_may_pass_is_tried_once(service: JsonService, status: int) -> None:
    plugin = embedder(service.url)
    service.faults.append(status)
    with pytest.raises(TransientProviderError):
        await plugin.embed(["a"], kind=TextKind.QUERY)
    assert service.seen == []
    assert not service.faults


@pytest.mark.parametrize("fault", [400, 401, 404, 422, b"{}", b'{"data": [{"index": 1}]}'])
async def test_what_will_not_pass(service: JsonService, fault: int | bytes) -> None:
    plugin = embedder(service.url)
    service.faults.append(fault)
    with pytest.raises(ProviderError) as caught:
        await plugin.embed(["a"], kind=TextKind.QUERY)
    assert not isinstance(caught.value, TransientProviderError)
    assert "k3y" not in str(caught.value)


async def test_silence_and_a_closed_port_may_pass(service: JsonService) -> None:
    slow = embedder(service.url, timeout_s=0.2)
    service.faults.append(1.0)
    with pytest.raises(TransientProviderError):
        await slow.embed(["a"], kind=TextKind.QUERY)
    gone = embedder("http://127.0.0.1:9")
    with pytest.raises(TransientProviderError):
        await gone.embed(["a"], kind=TextKind.QUERY)
    assert (await gone.check()).status is Status.UNAVAILABLE


async def test_health_asks_once_a_minute(service: JsonService) -> None:
    plugin = embedder(service.url)
    for _ in range(3):
        assert (await plugin.check()).status is Status.READY
    assert len(service.seen) == 1


async def test_other_vectors_than_configured_are_refused(service: JsonService) -> None:
    with pytest.raises(ProviderError, match=r"length 256, but embedder\.options\.dimensions is 64"):
        await embedder(service.url, dimensions=64).embed(["a"], kind=TextKind.QUERY)


async def test_tokens_by_a_file_of_ones_own(models_dir: Path, service: JsonService) -> None:
    file = models_dir / "all-MiniLM-L6-v2" / "tokenizer.json"
    counted = await embedder(service.url, tokenizer=file).token_spans("unplug it " * 400)
    assert len(counted) == 1600
    missing = embedder(service.url, tokenizer="nowhere.json")
    with pytest.raises(ModelMissingError, match=r"embedder\.options\.tokenizer"):
        await missing.token_spans("text")


def test_secrets_and_addresses() -> None:
    assert secret_options(EMBEDDER, "litellm") == {"api_key"}
    with pytest.raises(ProviderError, match=r"embedder\.options\.api_base"):
        embedder("file:///etc/passwd")
