"""What every sparse encoder must do."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from providers.protocols import SparseEncoder
from providers.registry import SPARSE_ENCODER, load
from providers.types import SparseVector, Status, TextKind


@pytest.fixture(params=["bm25", pytest.param("fastembed", marks=pytest.mark.integration)])
async def encoder(request: pytest.FixtureRequest) -> AsyncIterator[SparseEncoder]:
    options = {}
    if request.param == "fastembed":
        options["model"] = str(request.getfixturevalue("splade_folder"))
    plugin = load(SPARSE_ENCODER, request.param, options)
    yield plugin
    await plugin.aclose()
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


async def test_identity_and_health(encoder: SparseEncoder) -> None:
    assert encoder.fingerprint
    health = await encoder.check()
    assert health.status is Status.READY
    assert health.model
    assert health.device
