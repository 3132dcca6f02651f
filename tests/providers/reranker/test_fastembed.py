"""The cross-encoder in this process: the same numbers as the model's own library gives."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from providers.errors import ModelMissingError, ProviderError
from providers.reranker.fastembed import FastEmbedReranker, FastEmbedRerankerConfig
from providers.types import Status
from tests.providers import tiny_models

PASSAGES = [
    "the museum opens at nine",
    "unplug the appliance before you clean the drain pump filter " * 6,
    "error e18 means that the pump is blocked",
    "",
    "clean",
]
QUESTION = "what does error e18 mean?"


def reranker(folder: Path, **options: Any) -> FastEmbedReranker:
    return FastEmbedReranker(
        FastEmbedRerankerConfig(models_dir=folder.parent, model=folder.name, **options)
    )


@pytest.fixture(scope="module")
def torch_model() -> Any:
    return tiny_models.random_cross_encoder()


@pytest.fixture(scope="module")
def folder(torch_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models") / "tiny-reranker"
    return tiny_models.write_folder(made, tiny_models.logits_of(torch_model))


def by_torch(model: Any, passages: Sequence[str], max_tokens: int) -> list[float]:
    """Score each pair alone, as transformers does."""
    torch, tokenizer = tiny_models.torch(), tiny_models.tokenizer()
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    scores = []
    for passage in passages:
        encoded = tokenizer.encode(QUESTION, passage)
        given = {"input_ids": encoded.ids, "token_type_ids": encoded.type_ids}
        with torch.no_grad():
            logit = model(**{name: torch.tensor([ids]) for name, ids in given.items()}).logits
        scores.append(1 / (1 + np.exp(-float(logit[0, 0]))))
    return scores


@pytest.mark.integration
@pytest.mark.parametrize("max_tokens", [16, 40, 128])
async def test_scores_are_those_of_transformers(
    folder: Path, torch_model: Any, max_tokens: int
) -> None:
    plugin = reranker(folder, max_tokens=max_tokens, batch_size=2)
    scores = await plugin.rerank(QUESTION, PASSAGES, keys=PASSAGES)
    expected = by_torch(torch_model, PASSAGES, max_tokens)
    assert scores == pytest.approx(expected, abs=1e-5)
    assert max(scores) - min(scores) > 0.01
    await plugin.aclose()


@pytest.mark.integration
async def test_a_model_that_fastembed_names_gives_the_same(folder: Path, tmp_path: Path) -> None:
    name = "Xenova/ms-marco-MiniLM-L-6-v2"
    tiny_models.as_downloaded(folder, tmp_path, name, "onnx/model.onnx")
    named = FastEmbedReranker(FastEmbedRerankerConfig(models_dir=tmp_path, model=name))
    scores = await named.rerank(QUESTION, PASSAGES, keys=PASSAGES)
    ours = await reranker(folder, max_tokens=64).rerank(QUESTION, PASSAGES, keys=PASSAGES)
    assert scores == pytest.approx(ours, abs=1e-5)
    assert (await named.check()).device == "CPUExecutionProvider"
    await named.aclose()


@pytest.mark.integration
async def test_health_names_model_and_device(folder: Path) -> None:
    health = await reranker(folder).check()
    assert (health.status, health.model) == (Status.READY, "tiny-reranker")
    assert health.device == "CPUExecutionProvider"


@pytest.mark.integration
async def test_a_model_of_several_classes_is_no_reranker(tmp_path: Path) -> None:
    model = tiny_models.logits_of(tiny_models.random_cross_encoder(labels=3))
    plugin = reranker(tiny_models.write_folder(tmp_path / "classes", model))
    with pytest.raises(ProviderError, match=r"no reranker: it gives \(3,\) numbers"):
        await plugin.rerank(QUESTION, PASSAGES, keys=PASSAGES)
    assert (await plugin.check()).status is Status.UNAVAILABLE


@pytest.mark.integration
async def test_a_limit_above_the_models_own_is_said_so(folder: Path) -> None:
    plugin = reranker(folder, max_tokens=256)
    with pytest.raises(ProviderError, match=r"failed over 256 tokens .options\.max_tokens"):
        await plugin.rerank(QUESTION, ["pump " * 300], keys=["long"])


async def test_a_folder_without_weights_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    plugin = reranker(tmp_path / "empty")
    with pytest.raises(ModelMissingError, match="copy the model's ONNX export and its tokenizer"):
        await plugin.rerank(QUESTION, PASSAGES, keys=PASSAGES)


async def test_a_broken_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_text("{", "utf-8")
    health = await reranker(tmp_path).check()
    assert health.status is Status.UNAVAILABLE
    assert f"cannot load the model in {tmp_path}" in health.detail


@pytest.mark.parametrize("name", ["no/such-model", "Xenova/ms-marco-MiniLM-L-6-v2"])
async def test_a_name_that_cannot_be_loaded_is_said_so(tmp_path: Path, name: str) -> None:
    plugin = FastEmbedReranker(FastEmbedRerankerConfig(models_dir=tmp_path, model=name))
    with pytest.raises(ModelMissingError, match=r"reranker\.options\.model to a local folder"):
        await plugin.rerank(QUESTION, PASSAGES, keys=PASSAGES)
