"""How texts become runs of the model: which share one, and what runs side by side."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from providers.embedder.batching import batched
from providers.embedder.model_folder import QUANTISED, WEIGHTS
from providers.embedder.optimised import FOLDER, optimised
from providers.embedder.session import EncodedBatch, EncoderSession

MODEL = "all-MiniLM-L6-v2"
TEXTS = [f"{number} " + "the lower pump of the boiler hums " * (number % 9) for number in range(60)]


@pytest.fixture(scope="module")
def session(models_dir: Path) -> EncoderSession:
    return EncoderSession(models_dir / MODEL, threads=2)


def first_tokens(session: EncoderSession, texts: list[str]) -> np.ndarray:
    found = np.empty((len(texts), 384), dtype=np.float32)
    for batch in session.batches(texts, max_tokens=256, batch_size=32):
        found[batch.rows] = batch.hidden[:, 0]
    return found


def test_each_text_is_in_one_batch_with_others_of_its_length() -> None:
    encodings = [[7] * length for length in (3, 180, 170, 100, 3, 90, 300)]
    batches = list(batched(encodings, first=10, most=32))
    assert sorted(row for batch in batches for row in batch.rows) == list(range(10, 17))
    assert [batch.width for batch in batches] == [300, 180, 100, 3]
    for batch in batches:
        assert batch.width * len(batch.rows) <= 384
        assert min(map(len, batch.tokens)) * 1.15 >= batch.width


def test_a_text_longer_than_a_batch_has_one_of_its_own() -> None:
    (batch,) = batched([[7] * 900], first=0, most=32)
    ids, mask = batch.padded(0)
    assert ids.shape == mask.shape == (1, 900)


def test_the_mask_leaves_the_padding_out() -> None:
    (batch,) = batched([[7] * 20, [8] * 19], first=0, most=32)
    ids, mask = batch.padded(5)
    assert ids[1].tolist() == [8] * 19 + [5]
    assert mask.sum(axis=1).tolist() == [20, 19]


@pytest.mark.integration
def test_side_by_side_gives_what_one_by_one_gives(session: EncoderSession) -> None:
    alone = np.concatenate([first_tokens(session, [text]) for text in TEXTS])
    assert np.abs(first_tokens(session, TEXTS) - alone).max() < 1e-4


@pytest.mark.integration
def test_a_question_that_was_just_run_is_not_run_again(
    session: EncoderSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    run = EncoderSession._run

    def counted(self: EncoderSession, *given: Any) -> EncodedBatch:
        runs.append(1)
        return run(self, *given)

    monkeypatch.setattr(EncoderSession, "_run", counted)
    (once,) = session.batches(["how loud is it?"], max_tokens=256, batch_size=32)
    (again,) = session.batches(["how loud is it?"], max_tokens=128, batch_size=1)
    (_other,) = session.batches(["how loud was it?"], max_tokens=256, batch_size=32)

    assert len(runs) == 2
    assert again.hidden is once.hidden
    with pytest.raises(ValueError, match="read-only"):
        once.hidden[0] = 0.0


@pytest.mark.integration
def test_callers_at_once_each_get_their_own(session: EncoderSession) -> None:
    expected = first_tokens(session, TEXTS)
    found: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        found[number] = first_tokens(session, TEXTS[number:])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert np.abs(found[number] - expected[number:]).max() < 1e-4


@pytest.mark.integration
def test_who_stops_early_or_fails_harms_nobody(session: EncoderSession) -> None:
    batches = session.batches(TEXTS, max_tokens=256, batch_size=1)
    assert isinstance(next(batches), EncodedBatch)
    batches.close()  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        list(session.batches([*TEXTS, None], max_tokens=256, batch_size=1))  # type: ignore[list-item]
    assert first_tokens(session, TEXTS).shape == (len(TEXTS), 384)


@pytest.mark.integration
def test_one_thread_needs_no_second_session(models_dir: Path, session: EncoderSession) -> None:
    single = EncoderSession(models_dir / MODEL, threads=1)
    assert np.abs(first_tokens(single, TEXTS) - first_tokens(session, TEXTS)).max() < 1e-4
    assert single._single is None
    assert session._single is not None


@pytest.mark.integration
def test_a_question_and_passages_give_the_same_vectors(models_dir: Path) -> None:
    quantised = EncoderSession(models_dir / MODEL, threads=2, weights=QUANTISED)
    alone = [first_tokens(quantised, [text])[0] for text in TEXTS]
    assert quantised._single is None, "one batch runs in the session of all threads"
    together = first_tokens(quantised, TEXTS)
    assert quantised._single is not None
    assert np.abs(np.stack(alone) - together).max() < 1e-4


@pytest.mark.integration
def test_the_optimised_copy_is_made_once_and_replaces_older_ones(
    models_dir: Path, tmp_path: Path
) -> None:
    weights = tmp_path / WEIGHTS
    weights.symlink_to(models_dir / MODEL / WEIGHTS)
    older = tmp_path / FOLDER / "model@older"
    older.mkdir(parents=True)
    made = optimised(weights)
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [made.parent.name]
    assert made.parent.name.startswith("model@")
    before = made.stat().st_mtime_ns
    assert optimised(weights) == made
    assert made.stat().st_mtime_ns == before
    assert made.stat().st_size < weights.stat().st_size / 100
    feed = {
        name: np.array([[101, 2054, 102]])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    }
    feed["attention_mask"] = np.ones((1, 3), dtype=np.int64)
    feed["token_type_ids"] = np.zeros((1, 3), dtype=np.int64)
    plain, copy = (ort.InferenceSession(str(path)).run(None, feed)[0] for path in (weights, made))
    assert np.abs(plain - copy).max() < 1e-4


def test_what_cannot_be_optimised_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"no model")
    assert optimised(tmp_path / WEIGHTS) == tmp_path / WEIGHTS
    assert not list((tmp_path / FOLDER).iterdir())


@pytest.mark.integration
def test_a_folder_that_cannot_be_written_is_used_as_it_is(models_dir: Path, tmp_path: Path) -> None:
    weights = tmp_path / WEIGHTS
    weights.symlink_to(models_dir / MODEL / WEIGHTS)
    (tmp_path / FOLDER).write_text("a file where the folder would be", "utf-8")
    assert optimised(weights) == weights
