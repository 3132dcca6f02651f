"""What is special about BM25: stemmers, stop words, and how weights grow."""

import pytest

from providers.registry import SPARSE_ENCODER, load
from providers.sparse_encoder.bm25 import Bm25Encoder, Bm25EncoderConfig
from providers.types import SparseVector, TextKind


@pytest.fixture
def encoder() -> Bm25Encoder:
    return Bm25Encoder(Bm25EncoderConfig())


def dot(one: SparseVector, other: SparseVector) -> float:
    weights: dict[int, float] = dict(zip(one.indices.tolist(), one.values.tolist(), strict=True))
    pairs = zip(other.indices.tolist(), other.values.tolist(), strict=True)
    return float(sum(weights.get(index, 0.0) * value for index, value in pairs))


@pytest.mark.parametrize(
    ("language", "asked", "written"),
    [("de", "Haus", "Häuser"), ("fr", "cheval", "chevaux"), ("en", "running", "runs")],
)
async def test_each_language_has_its_stemmer(
    encoder: Bm25Encoder, language: str, asked: str, written: str
) -> None:
    (passage,) = await encoder.encode([written], kind=TextKind.PASSAGE, language=language)
    (question,) = await encoder.encode([asked], kind=TextKind.QUERY, language=language)
    assert dot(question, passage) > 0


async def test_an_unknown_language_matches_exact_words_only(encoder: Bm25Encoder) -> None:
    (passage,) = await encoder.encode(["the pumps"], kind=TextKind.PASSAGE, language="xx")
    exact, stem, stop = await encoder.encode(
        ["pumps", "pump", "the"], kind=TextKind.QUERY, language="xx"
    )
    assert dot(exact, passage) > 0
    assert dot(stop, passage) > 0
    assert dot(stem, passage) == 0


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
