"""The copy of a model with 8-bit weights."""

from pathlib import Path

import numpy as np
import pytest

from providers.embedder.encoder import Weights
from providers.embedder.fastembed import FastEmbedConfig, FastEmbedEmbedder
from providers.embedder.model_folder import QUANTISED, WEIGHTS
from providers.embedder.prepare import DEFAULT_MODEL
from providers.embedder.quantise import quantise
from providers.errors import ProviderError
from providers.types import TextKind

TEXTS = [
    "Drücken Sie die Taste 5 Sekunden lang, bis die Anzeige blinkt.",
    "The filter must be cleaned after every 40 hours of use.",
    "E17",
    "Do not put the lid into the dishwasher; wash it by hand with warm water and dry it at once.",
]


@pytest.mark.integration
async def test_its_vectors_are_those_of_the_original_but_for_rounding(models_dir: Path) -> None:
    small = FastEmbedEmbedder(FastEmbedConfig(models_dir=models_dir))
    plain = FastEmbedEmbedder(FastEmbedConfig(models_dir=models_dir, weights=Weights.FLOAT32))
    rounded = await small.embed(TEXTS, kind=TextKind.PASSAGE)
    exact = await plain.embed(TEXTS, kind=TextKind.PASSAGE)
    assert small.fingerprint != plain.fingerprint
    assert 0.997 < (rounded * exact).sum(axis=1).min() < 1.0


@pytest.mark.integration
async def test_a_vector_does_not_depend_on_its_neighbours(models_dir: Path) -> None:
    embedder = FastEmbedEmbedder(FastEmbedConfig(models_dir=models_dir))
    together = await embedder.embed(TEXTS, kind=TextKind.PASSAGE)
    for row, text in enumerate(TEXTS):
        alone = await embedder.embed([text], kind=TextKind.QUERY)
        assert np.abs(alone[0] - together[row]).max() < 1e-4


@pytest.mark.integration
def test_it_is_made_from_the_weights_of_a_folder(models_dir: Path, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).symlink_to(models_dir / DEFAULT_MODEL / WEIGHTS)
    quantise(tmp_path)
    made = (tmp_path / QUANTISED).read_bytes()
    assert made == (models_dir / DEFAULT_MODEL / QUANTISED).read_bytes()
    assert len(made) < 0.7 * (tmp_path / WEIGHTS).stat().st_size


@pytest.mark.integration
def test_what_is_no_model_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"no model")
    with pytest.raises(ProviderError, match="cannot quantise"):
        quantise(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [WEIGHTS]
