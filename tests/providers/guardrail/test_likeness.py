"""Weights are kept in a file and read again."""

from pathlib import Path

import numpy as np
import pytest

from providers.guardrail.likeness import Likeness
from providers.guardrail.rows import WIDTH, Rows


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    signs = np.zeros(WIDTH, dtype=np.float32)
    signs[[3, WIDTH - 1]] = 0.5, -2.0
    Likeness(signs, 1.5, attacks=2, harmless=3, source="these").save(path)
    again = Likeness.load(path)
    assert (again.attacks, again.harmless, again.source) == (2, 3, "these")
    assert again.odds(Rows.of([{3: 2.0}, {WIDTH - 1: 1.0}])) == pytest.approx([2.5, -0.5])


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    with pytest.raises(FileNotFoundError):
        Likeness.load(path)
    path.write_bytes(b"not a file of weights")
    with pytest.raises(ValueError, match="pickled"):
        Likeness.load(path)
