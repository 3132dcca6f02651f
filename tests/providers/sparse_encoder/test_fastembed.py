"""SPLADE in this process: the weights are those of its formula over the model's own scores."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from providers.errors import ModelMissingError, ProviderError
from providers.sparse_encoder.fastembed import (
    FastEmbedSparseEncoder,
    FastEmbedSparseEncoderConfig,
)
from providers.types import Status, TextKind
from tests.providers import tiny_models

TEXTS = ["clean the filter", "error e18 means that the pump is blocked " * 5, "", "museum"]


def encoder(folder: Path, **options: Any) -> FastEmbedSparseEncoder:
    return FastEmbedSparseEncoder(
        FastEmbedSparseEncoderConfig(models_dir=folder.parent, model=folder.name, **options)
    )


@pytest.fixture(scope="module")
def torch_model() -> Any:
    return tiny_models.random_language_model()


@pytest.fixture(scope="module")
def folder(torch_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models") / "tiny-splade"
    return tiny_models.write_folder(made, tiny_models.logits_of(torch_model))


@pytest.mark.integration
@pytest.mark.parametrize("kind", list(TextKind))
async def test_weights_are_those_of_the_formula(
    folder: Path, torch_model: Any, kind: TextKind
) -> None:
    torch, tokenizer = tiny_models.torch(), tiny_models.tokenizer()
    found = await encoder(folder, batch_size=2).encode(TEXTS, kind=kind)
    for text, vector in zip(TEXTS, found, strict=True):
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.no_grad():
            logits = torch_model(input_ids=ids).logits[0]
        weights = torch.log1p(torch.relu(logits)).max(dim=0).values.numpy()
        dense = np.zeros(len(tiny_models.VOCABULARY), dtype=np.float32)
        dense[vector.indices] = vector.values
        np.testing.assert_allclose(dense, weights, atol=1e-4)
        assert 0 < len(vector.indices) < len(dense)


@pytest.mark.integration
async def test_long_texts_are_cut(folder: Path) -> None:
    plugin = encoder(folder, max_tokens=8)
    long, short = await plugin.encode(
        ["error e18 means that the pump is blocked", "error e18 means that the pump"],
        kind=TextKind.PASSAGE,
    )
    np.testing.assert_array_equal(long.indices, short.indices)
    np.testing.assert_allclose(long.values, short.values, atol=1e-5)
    assert plugin.fingerprint != encoder(folder).fingerprint
    assert plugin.fingerprint.startswith("splade:tiny-splade:")


@pytest.mark.integration
async def test_a_model_that_fastembed_names_gives_the_same(folder: Path, tmp_path: Path) -> None:
    tiny_models.as_downloaded(folder, tmp_path, "Qdrant/Splade_PP_en_v1", "model.onnx")
    config = FastEmbedSparseEncoderConfig(models_dir=tmp_path, model="prithivida/Splade_PP_en_v1")
    named = FastEmbedSparseEncoder(config)
    found = await named.encode(TEXTS, kind=TextKind.PASSAGE)
    ours = await encoder(folder, max_tokens=64).encode(TEXTS, kind=TextKind.PASSAGE)
    for one, other in zip(found, ours, strict=True):
        np.testing.assert_array_equal(one.indices, other.indices)
        np.testing.assert_allclose(one.values, other.values, atol=1e-4)
    assert (await named.check()).device == "CPUExecutionProvider"
    await named.aclose()


@pytest.mark.integration
async def test_health_names_model_and_device(folder: Path) -> None:
    health = await encoder(folder).check()
    assert (health.status, health.model) == (Status.READY, "tiny-splade")
    assert health.device == "CPUExecutionProvider"


@pytest.mark.integration
async def test_a_model_that_scores_no_words_is_refused(tmp_path: Path) -> None:
    model = tiny_models.logits_of(tiny_models.random_cross_encoder())
    plugin = encoder(tiny_models.write_folder(tmp_path / "pairs", model))
    with pytest.raises(ProviderError, match="scores no words"):
        await plugin.encode(TEXTS, kind=TextKind.QUERY)


@pytest.mark.integration
async def test_a_limit_above_the_models_own_is_said_so(folder: Path) -> None:
    with pytest.raises(ProviderError, match=r"failed over 256 tokens .options\.max_tokens"):
        await encoder(folder).encode(["pump " * 300], kind=TextKind.PASSAGE)


async def test_a_folder_without_weights_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    plugin = encoder(tmp_path / "empty")
    with pytest.raises(ModelMissingError, match=r"no model\.onnx in .*copy the model's ONNX"):
        await plugin.encode(TEXTS, kind=TextKind.QUERY)
    with pytest.raises(ModelMissingError):
        _ = plugin.fingerprint


@pytest.mark.parametrize("name", ["no/such-model", "prithivida/Splade_PP_en_v1"])
async def test_a_name_that_cannot_be_loaded_is_said_so(tmp_path: Path, name: str) -> None:
    plugin = FastEmbedSparseEncoder(FastEmbedSparseEncoderConfig(models_dir=tmp_path, model=name))
    health = await plugin.check()
    assert health.status is Status.UNAVAILABLE
    assert "sparse_encoder.options.model to a local folder" in health.detail
    assert plugin.fingerprint == f"fastembed:{name}"
