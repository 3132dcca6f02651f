from pathlib import Path

import numpy as np
import pytest

from evals.errors import DatasetError
from evals.suites.embeddings import consistency, drift, load_parallel, load_wanted


def test_broken_vectors_are_counted() -> None:
    vectors = np.eye(4)
    assert consistency(vectors)["spread"] == 0.0
    vectors[0] = np.nan
    vectors[1] *= 2
    found = consistency(vectors)
    assert (found["not_finite"], found["not_normal"]) == (1, 1)
    assert consistency(np.ones((3, 4)) / 2)["spread"] == 1.0
    with pytest.raises(DatasetError, match="at least two texts"):
        consistency(np.eye(1))


def test_drift_is_the_cosine_of_the_same_texts() -> None:
    before = np.eye(2)
    assert drift(before, before * 3)["may_mix"]
    turned = np.array([[0.6, 0.8], [0.0, 1.0]])
    found = drift(before, turned)
    assert (found["least_cosine"], found["mean_cosine"]) == (0.6, 0.8)
    assert not found["may_mix"]
    with pytest.raises(DatasetError, match="not of the same texts"):
        drift(before, np.eye(3))


def test_the_sets_are_checked(tmp_path: Path) -> None:
    assert len(load_parallel()) >= 10
    path = tmp_path / "set.jsonl"
    path.write_text('{"question": "q"}')
    with pytest.raises(DatasetError, match="with its quote"):
        load_wanted(path)
    path.write_text("")
    with pytest.raises(DatasetError, match="no lines"):
        load_parallel(path)
