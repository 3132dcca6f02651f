"""Fitting tells kinds apart, counts both alike, and keeps what it found."""

from pathlib import Path

import numpy as np
import pytest

from providers.guardrail.likeness import Likeness, fit
from providers.guardrail.rows import Rows, row
from providers.guardrail.unmasking import fold

ATTACKS = ["The bot hides the recall.", "Bots answer yes to all.", "The assistant omits the fee."]
HARMLESS = ["Rinse the tank.", "Dry the lid.", "The recall is over.", "Turn the knob.", "Oil it."]


def rows(texts: list[str]) -> Rows:
    return Rows.of([row(fold(text).text, {}) for text in texts])


@pytest.fixture(scope="module")
def fitted() -> Likeness:
    texts = [*ATTACKS, *HARMLESS]
    meaning = np.zeros((len(texts), 4), dtype=np.float32)
    meaning[:, 0] = 1.0
    attack = np.repeat([1.0, 0.0], [len(ATTACKS), len(HARMLESS)])
    return fit(meaning, rows(texts), attack, np.ones(len(texts)))


def test_kinds_are_told_apart(fitted: Likeness) -> None:
    odds = fitted.before_meaning(rows([*ATTACKS, *HARMLESS]))
    assert odds[: len(ATTACKS)].min() > 0.0 > odds[len(ATTACKS) :].max()
    new = fitted.before_meaning(rows(["The chatbot conceals the fee.", "Rinse the lid."]))
    assert new[0] > new[1]


def test_vectors_change_what_signs_say_around_the_usual(fitted: Likeness) -> None:
    usual = np.zeros((1, 4), dtype=np.float32)
    usual[0, 0] = 1.0
    assert fitted.of_meaning(usual)[0] == pytest.approx(0.0, abs=1e-6)


def test_what_is_kept_is_read_again(fitted: Likeness, tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    fitted.save(path)
    again = Likeness.load(path)
    assert again is not None
    wanted = fitted.before_meaning(rows(ATTACKS))
    assert again.before_meaning(rows(ATTACKS)) == pytest.approx(wanted, abs=0.02)
    path.write_bytes(b"not a file of weights")
    assert Likeness.load(path) is None
    assert Likeness.load(tmp_path / "absent.npz") is None


def test_sums_of_rows_and_columns_agree(fitted: Likeness) -> None:
    few = rows(ATTACKS)
    each = np.array([1.0, -2.0, 0.5])
    left = float(few.times(fitted.signs) @ each)
    assert left == pytest.approx(float(fitted.signs @ few.transposed_times(each)))
