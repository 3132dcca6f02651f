"""What every sparse encoder must do."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from providers.protocols import SparseEncoder
from providers.registry import SPARSE_ENCODER, load
from providers.types import SparseVector, Status, TextKind


@pytest.fixture(params=["bm25"])
async def encoder(request: pytest.FixtureRequest) -> AsyncIterator[SparseEncoder]:
    plugin = load(SPARSE_ENCODER, request.param, {})
    yield plugin
    await plugin.aclose()


def dot(one: SparseVector, other: SparseVector) -> float:
    weights: dict[int, float] = dict(zip(one.indices.tolist(), one.values.tolist(), strict=True))
    pairs = zip(other.indices.tolist(), other.values.tolist(), strict=True)
    return float(sum(weights.get(index, 0.0) * value for index, value in pairs))


async def test_vectors_are_well_formed(encoder: SparseEncoder) -> None:
    texts = ["The pump pumps water", "", "!?", "Filter, filter, FILTER"]
    for kind in TextKind:
        found = await encoder.encode(texts, kind=kind)
        assert len(found) == len(texts)
        for vector in found:
            assert vector.indices.dtype == np.uint32
            assert vector.values.dtype == np.float32
            assert len(vector.indices) == len(vector.values) == len(set(vector.indices.tolist()))
            assert (vector.values > 0).all()


async def test_a_question_meets_the_passage_with_its_words(encoder: SparseEncoder) -> None:
    passages = await encoder.encode(
        ["Clean the filters weekly.", "The door is locked."], kind=TextKind.PASSAGE
    )
    (question,) = await encoder.encode(["how is a filter cleaned?"], kind=TextKind.QUERY)
    assert dot(question, passages[0]) > dot(question, passages[1])


@pytest.mark.parametrize(
    ("language", "asked", "written"),
    [("de", "Haus", "Häuser"), ("fr", "cheval", "chevaux"), ("en", "running", "runs")],
)
async def test_each_language_has_its_stemmer(
    encoder: SparseEncoder, language: str, asked: str, written: str
) -> None:
    (passage,) = await encoder.encode([written], kind=TextKind.PASSAGE, language=language)
    (question,) = await encoder.encode([asked], kind=TextKind.QUERY, language=language)
    assert dot(question, passage) > 0


async def test_an_unknown_language_matches_exact_words_only(encoder: SparseEncoder) -> None:
    (passage,) = await encoder.encode(["the pumps"], kind=TextKind.PASSAGE, language="xx")
    exact, stem, stop = await encoder.encode(
        ["pumps", "pump", "the"], kind=TextKind.QUERY, language="xx"
    )
    assert dot(exact, passage) > 0
    assert dot(stop, passage) > 0
    assert dot(stem, passage) == 0


async def test_identity_and_health(encoder: SparseEncoder) -> None:
    assert encoder.fingerprint
    assert (await encoder.check()).status is Status.READY


async def test_the_fingerprint_tells_settings_apart() -> None:
    names = {
        load(SPARSE_ENCODER, "bm25", options).fingerprint
        for options in ({}, {"k": 1.2}, {"b": 0.75}, {"avg_len": 256})
    }
    assert len(names) == 4


async def test_a_language_without_spaces_is_segmented() -> None:
    encoder = load(SPARSE_ENCODER, "bm25", {})
    (vector,) = await encoder.encode(["请清洁洗衣机过滤器"], kind=TextKind.PASSAGE, language="zh")
    assert len(vector.indices) > 1


async def test_repeated_terms_weigh_more_but_less_each_time() -> None:
    encoder = load(SPARSE_ENCODER, "bm25", {"b": 0.0})
    once, twice, many = await encoder.encode(
        ["pump", "pump pump", "pump " * 50], kind=TextKind.PASSAGE
    )
    assert once.values[0] < twice.values[0] < many.values[0] < 2.0
