"""What is special about embedding on a server of Text Embeddings Inference."""

import time
from typing import Any

import numpy as np
import pytest

from providers.embedder.tei import TeiEmbedder
from providers.errors import ProviderError, TransientProviderError
from providers.registry import EMBEDDER, load, secret_options
from providers.types import Status, TextKind
from tests.providers.hosted.json_service import JsonService
from tests.providers.hosted.tei_service import DIMENSIONS, MODEL, SHA, tei_service, vectors
from tests.providers.source.site import Served


def embedder(url: str, **options: Any) -> TeiEmbedder:
    given = {"url": url, "model": MODEL, "dimensions": DIMENSIONS, **options}
    found = load(EMBEDDER, "tei", given)
    assert isinstance(found, TeiEmbedder)
    return found


async def test_texts_go_in_batches_that_the_server_takes_some_at_once(served: Served) -> None:
    service = tei_service(served, max_batch=8)
    service.routes["POST /embed"] = _slowly(service.routes["POST /embed"])
    tei = embedder(service.url, at_once=3)
    texts = [f"text number {number}" for number in range(50)]
    rows = await tei.embed(texts, kind=TextKind.PASSAGE)
    bodies = service.bodies("POST /embed")
    assert sorted(len(body["inputs"]) for body in bodies) == [2, *[8] * 6]
    assert all(body["truncate"] is True for body in bodies)
    assert 1 < service.busiest <= 3
    assert len(service.bodies("GET /info")) == 1
    np.testing.assert_allclose(rows, vectors(texts), atol=1e-6)
    await tei.aclose()


async def test_prefixes_stand_before_texts_and_in_the_fingerprint(served: Served) -> None:
    service = tei_service(served)
    tei = embedder(service.url, query_prefix="query: ", passage_prefix="passage: ")
    await tei.embed(["a"], kind=TextKind.QUERY)
    await tei.embed(["b", ""], kind=TextKind.PASSAGE)
    sent = [body["inputs"] for body in service.bodies("POST /embed")]
    assert sent == [["query: a"], ["passage: b", "passage: "]]
    assert tei.fingerprint != embedder(service.url).fingerprint
    await tei.aclose()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_a_busy_server_may_be_asked_again(served: Served, status: int) -> None:
    service = tei_service(served)
    tei = embedder(service.url)
    await tei.embed(["warm"], kind=TextKind.QUERY)
    service.faults.append(status)
    with pytest.raises(TransientProviderError, match=f"replied {status}: told to fail"):
        await tei.embed(["a"], kind=TextKind.QUERY)
    assert (await tei.embed(["a"], kind=TextKind.QUERY)).shape == (1, DIMENSIONS)
    await tei.aclose()


async def test_one_failed_batch_fails_the_call_with_its_own_error(served: Served) -> None:
    service = tei_service(served)
    tei = embedder(service.url)
    await tei.embed(["warm"], kind=TextKind.QUERY)
    service.faults.extend([424] * 2)
    with pytest.raises(ProviderError, match="424") as caught:
        await tei.embed(["text"] * 60, kind=TextKind.PASSAGE)
    assert not isinstance(caught.value, TransientProviderError)
    await tei.aclose()


async def test_silence_and_a_closed_port_may_pass(served: Served) -> None:
    service = tei_service(served)
    tei = embedder(service.url, timeout_s=0.1)
    service.faults.append(0.5)
    with pytest.raises(TransientProviderError, match=r"no reply within 0\.1 s"):
        await tei.embed(["a"], kind=TextKind.QUERY)
    await tei.aclose()
    gone = embedder("http://127.0.0.1:9")
    with pytest.raises(TransientProviderError, match="cannot be reached"):
        await gone.embed(["a"], kind=TextKind.QUERY)
    health = await gone.check()
    assert health.status is Status.UNAVAILABLE
    assert "127.0.0.1:9" in health.detail
    await gone.aclose()


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"<html>", "something else than JSON"),
        (b"{}", "a vector for each text"),
        (b"[[1, 2], [3, 4]]", "a vector for each text"),
        (b"[[1.0, 2.0]]", "length 2"),
        (b'[["one"]]', "something else than vectors"),
        (b"[" + str([float("nan")] * DIMENSIONS).encode().replace(b"nan", b"NaN") + b"]", "finite"),
    ],
)
async def test_a_wrong_reply_is_refused(served: Served, reply: bytes, message: str) -> None:
    service = tei_service(served)
    tei = embedder(service.url)
    await tei.embed(["warm"], kind=TextKind.QUERY)
    service.faults.append(reply)
    with pytest.raises(ProviderError, match=message):
        await tei.embed(["a"], kind=TextKind.QUERY)
    await tei.aclose()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "another"}, "serves 'cicerone/hashing', but options.model is 'another'"),
        ({"revision": "abc"}, "serves revision '0f0f0f'"),
        ({"max_tokens": 1024}, "max_tokens is 1024; lower it"),
        ({"dimensions": 128}, "length 256"),
    ],
)
async def test_a_server_of_another_model_is_refused(
    served: Served, options: dict[str, Any], message: str
) -> None:
    tei = embedder(tei_service(served).url, **options)
    with pytest.raises(ProviderError, match=message):
        await tei.embed(["a"], kind=TextKind.QUERY)
    await tei.aclose()


async def test_a_reranker_is_no_embedder(served: Served) -> None:
    tei = embedder(tei_service(served, kind="reranker").url)
    with pytest.raises(ProviderError, match="of the kind reranker, not embedding"):
        await tei.embed(["a"], kind=TextKind.QUERY)
    await tei.aclose()


async def test_the_served_name_and_the_revision_are_accepted(served: Served) -> None:
    tei = embedder(tei_service(served).url, model="house-model", revision=SHA)
    assert (await tei.check()).detail == "text-embeddings-inference 1.9.3, float16"
    await tei.aclose()


async def test_the_key_is_sent_and_told_to_nobody(served: Served) -> None:
    service = tei_service(served, api_key="s3cret")
    tei = embedder(service.url, api_key="s3cret")
    assert (await tei.check()).status is Status.READY
    await tei.aclose()
    wrong = embedder(service.url, api_key="wr0ng")
    with pytest.raises(ProviderError, match=r"options\.api_key is missing or wrong") as caught:
        await wrong.embed(["a"], kind=TextKind.QUERY)
    assert "wr0ng" not in str(caught.value)
    assert secret_options(EMBEDDER, "tei") == {"api_key"}
    await wrong.aclose()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/", "host:80", ""])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(ProviderError, match=r"embedder\.options\.url"):
        embedder(url)


async def test_spans_are_characters_of_a_long_text(served: Served) -> None:
    service = tei_service(served, max_batch=2)
    tei = embedder(service.url)
    text = "Größe: 60 °C — 温度. " * 300
    spans = await tei.token_spans(text)
    words = [text[start:end] for start, end in spans]
    assert words[:8] == ["Größe", ":", "60", "°", "C", "—", "温度", "."]
    assert words == words[:8] * 300
    assert all(
        len(piece) <= 1000 for body in service.bodies("POST /tokenize") for piece in body["inputs"]
    )
    await tei.aclose()


async def test_a_word_longer_than_a_request_is_cut(served: Served) -> None:
    tei = embedder(tei_service(served).url)
    spans = await tei.token_spans("x" * 2500 + " end")
    assert spans == [(0, 1000), (1000, 2000), (2000, 2500), (2501, 2504)]
    await tei.aclose()


async def test_a_server_that_counts_in_another_text_is_found_out(served: Served) -> None:
    tei = embedder(tei_service(served, prompt="passage: ").url)
    with pytest.raises(ProviderError, match=r"name a local tokenizer\.json"):
        await tei.token_spans("some words")
    await tei.aclose()


async def test_a_server_without_the_route_has_its_tokens_guessed(served: Served) -> None:
    service = tei_service(served)
    del service.routes["POST /tokenize"]
    tei = embedder(service.url)
    assert await tei.token_spans("describe it") == [(0, 3), (3, 6), (6, 8), (9, 11)]
    await tei.aclose()


async def test_another_model_behind_the_same_address_is_noticed(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    service: JsonService = tei_service(served)
    tei = embedder(service.url)
    await tei.embed(["a"], kind=TextKind.QUERY)
    described = service.routes["GET /info"](None)
    service.routes["GET /info"] = lambda _body: {
        **described,
        "model_id": "x",
        "served_model_name": "x",
    }
    service.faults.append(503)
    with pytest.raises(TransientProviderError):
        await tei.embed(["a"], kind=TextKind.QUERY)
    with pytest.raises(ProviderError, match="serves 'x'"):
        await tei.embed(["a"], kind=TextKind.QUERY)
    await tei.aclose()


def _slowly(route: Any) -> Any:
    def answer(body: Any) -> Any:
        time.sleep(0.02)
        return route(body)

    return answer
