"""What every embedder must do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from providers.protocols import Embedder
from providers.registry import EMBEDDER, load
from providers.types import Status, TextKind
from tests.providers.hosted.litellm_service import litellm_service
from tests.providers.hosted.tei_service import DIMENSIONS, MODEL, tei_service
from tests.providers.source.site import Served

TEXTS = [
    "How to clean the filter of the washing machine",
    "Cleaning the washing machine filter, step by step",
    "The capital of France is Paris",
    "Ü",
    "word " * 400,
]


_INTEGRATION = [
    pytest.param("fastembed", marks=pytest.mark.integration),
    pytest.param("litellm", marks=pytest.mark.integration),
]


def _options(plugin: str, served: Served) -> dict[str, Any]:
    """Start the server that a plugin needs, and return what it must be told."""
    if plugin == "tei":
        return {"url": tei_service(served).url, "model": MODEL, "dimensions": DIMENSIONS}
    if plugin == "litellm":
        url = litellm_service(served).url
        return {"model": "openai/ours", "api_base": url, "api_key": "k3y", "dimensions": DIMENSIONS}
    return {}


@pytest.fixture(params=["hashing", "tei", *_INTEGRATION])
async def embedder(
    request: pytest.FixtureRequest, served: Served, litellm_clients: None
) -> AsyncIterator[Embedder]:
    defaults: dict[str, Path] = {}
    if request.param == "fastembed":
        defaults["models_dir"] = request.getfixturevalue("models_dir")
    plugin = load(EMBEDDER, request.param, _options(request.param, served), defaults=defaults)
    yield plugin
    await plugin.aclose()
    await plugin.aclose()


async def test_rows_are_unit_vectors_in_the_order_of_the_texts(embedder: Embedder) -> None:
    rows = await embedder.embed(TEXTS, kind=TextKind.PASSAGE)
    assert rows.shape == (len(TEXTS), embedder.dimensions)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    for row, text in zip(rows, TEXTS, strict=True):
        alone = await embedder.embed([text], kind=TextKind.PASSAGE)
        np.testing.assert_allclose(alone[0], row, atol=1e-4)


async def test_alike_texts_are_nearer(embedder: Embedder) -> None:
    question = await embedder.embed(["clean washing machine filter"], kind=TextKind.QUERY)
    rows = await embedder.embed(TEXTS[:3], kind=TextKind.PASSAGE)
    scores = rows @ question[0]
    assert min(scores[0], scores[1]) > scores[2] + 0.2


async def test_more_texts_than_a_batch(embedder: Embedder) -> None:
    texts = [f"passage number {number} " + "about things " * (number % 9) for number in range(70)]
    rows = await embedder.embed(texts, kind=TextKind.PASSAGE)
    some = await embedder.embed([texts[3], texts[69]], kind=TextKind.PASSAGE)
    np.testing.assert_allclose(some, rows[[3, 69]], atol=1e-4)


async def test_no_texts(embedder: Embedder) -> None:
    assert (await embedder.embed([], kind=TextKind.PASSAGE)).shape == (0, embedder.dimensions)


async def test_an_empty_text_still_has_a_unit_vector(embedder: Embedder) -> None:
    rows = await embedder.embed(["", "   "], kind=TextKind.PASSAGE)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


async def test_token_spans_point_into_the_text_and_truncate_nothing(embedder: Embedder) -> None:
    text = "Fehler E-18: das Gerät öffnet sich nicht. 温度 " + "tail " * 600
    spans = await embedder.token_spans(text)
    assert len(spans) > 600
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    covered = {index for start, end in spans for index in range(start, end)}
    uncovered = {text[index] for index in range(len(text)) if index not in covered}
    assert uncovered <= {" "}
    assert await embedder.token_spans("") == []


async def test_identity_and_health(embedder: Embedder) -> None:
    assert embedder.fingerprint
    assert embedder.max_tokens >= 64
    health = await embedder.check()
    assert health.status is Status.READY
    assert health.dimensions == embedder.dimensions
    assert health.device
