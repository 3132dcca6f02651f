"""What only the local-model embedder does: which folder, loading late, sharing a session."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from providers.embedder.fastembed import FastEmbedConfig, FastEmbedEmbedder
from providers.embedder.model_folder import QUANTISED
from providers.embedder.session import open_session
from providers.errors import ModelMissingError
from providers.reranker.late_interaction import LateInteractionConfig, LateInteractionReranker
from providers.types import Status, TextKind


async def test_a_missing_model_is_no_surprise_at_start(tmp_path: Path) -> None:
    embedder = FastEmbedEmbedder(FastEmbedConfig(models_dir=tmp_path))
    health = await embedder.check()
    assert health.status is Status.UNAVAILABLE
    assert "cicerone models prepare" in health.detail
    with pytest.raises(ModelMissingError, match="cicerone models prepare all-MiniLM-L6-v2"):
        _ = embedder.dimensions
    with pytest.raises(ModelMissingError):
        await embedder.embed(["x"], kind=TextKind.QUERY)
    await embedder.aclose()


async def test_a_name_nobody_knows_is_said_so(tmp_path: Path) -> None:
    embedder = FastEmbedEmbedder(FastEmbedConfig(models_dir=tmp_path, model="no/such-model"))
    health = await embedder.check()
    assert health.status is Status.UNAVAILABLE
    assert "no/such-model" in health.detail


def test_a_known_name_has_dimensions_before_it_is_loaded(tmp_path: Path) -> None:
    config = FastEmbedConfig(models_dir=tmp_path, model="BAAI/bge-small-en-v1.5")
    assert FastEmbedEmbedder(config).dimensions == 384


async def test_a_reranker_without_model_is_unavailable(tmp_path: Path) -> None:
    reranker = LateInteractionReranker(LateInteractionConfig(models_dir=tmp_path))
    health = await reranker.check()
    assert health.status is Status.UNAVAILABLE
    assert "cicerone models prepare" in health.detail


async def test_a_broken_model_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "config.json").write_text('{"hidden_size": 8}', "utf-8")
    for name in ("model.onnx", "tokenizer.json"):
        (folder / name).write_text("{", "utf-8")
    embedder = FastEmbedEmbedder(FastEmbedConfig(model=str(folder)))
    assert (await embedder.check()).status is Status.UNAVAILABLE


@pytest.mark.integration
async def test_the_reranker_shares_the_embedders_session(models_dir: Path) -> None:
    embedder = FastEmbedEmbedder(FastEmbedConfig(models_dir=models_dir))
    reranker = LateInteractionReranker(LateInteractionConfig(models_dir=models_dir))
    await embedder.check()
    await reranker.check()
    assert embedder._encoder is not None
    folder = models_dir / "all-MiniLM-L6-v2"
    assert reranker._session is open_session(folder, None, QUANTISED)
    assert getattr(embedder._encoder, "_session", None) is reranker._session
    await embedder.aclose()
    await reranker.aclose()


@pytest.mark.integration
async def test_a_folder_by_path_with_another_pooling(models_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("model.onnx", "tokenizer.json", "config.json"):
        (folder / name).symlink_to(models_dir / "all-MiniLM-L6-v2" / name)
    first = FastEmbedEmbedder(FastEmbedConfig(models_dir=models_dir))
    second = FastEmbedEmbedder(
        FastEmbedConfig.model_validate({"model": str(folder), "pooling": "cls"})
    )
    assert first.fingerprint != second.fingerprint
    mean = await first.embed(["one text"], kind=TextKind.QUERY)
    cls = await second.embed(["one text"], kind=TextKind.QUERY)
    assert np.linalg.norm(cls) == pytest.approx(1.0, abs=1e-5)
    assert float((mean @ cls.T).item()) < 0.99


@pytest.mark.integration
async def test_max_tokens_cuts_the_text(models_dir: Path) -> None:
    embedder = FastEmbedEmbedder(FastEmbedConfig(models_dir=models_dir, max_tokens=16))
    long = "the pump is blocked " * 3
    rows = await embedder.embed([long + "a", long + "b " * 90], kind=TextKind.PASSAGE)
    shorter = await embedder.embed(["pump"], kind=TextKind.PASSAGE)
    other = FastEmbedEmbedder(FastEmbedConfig(models_dir=models_dir))
    assert embedder.fingerprint != other.fingerprint
    whole = await other.embed([long + "b " * 90], kind=TextKind.PASSAGE)
    assert float(rows[0] @ rows[1]) > float(rows[0] @ whole[0])
    assert float(rows[0] @ shorter[0]) < 0.99


@pytest.mark.integration
def test_embedding_imports_no_torch(models_dir: Path) -> None:
    program = """
import asyncio, sys
from pathlib import Path
from providers.registry import EMBEDDER, load
from providers.types import TextKind
plugin = load(EMBEDDER, "fastembed", {}, defaults={"models_dir": Path(sys.argv[1])})
asyncio.run(plugin.embed(["one text"], kind=TextKind.QUERY))
assert "torch" not in sys.modules and "transformers" not in sys.modules
"""
    command = [sys.executable, "-c", program, str(models_dir)]
    done = subprocess.run(command, env={"PYTHONPATH": "."}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
