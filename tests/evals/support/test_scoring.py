from collections import Counter

import pytest

from evals.support.scoring import Pair, Score, SupportReport, load_pairs, overlap, report, score


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return load_pairs()


@pytest.fixture(scope="module")
def measured(pairs: list[Pair]) -> SupportReport:
    return report(pairs)


def test_the_set_is_large_mixed_and_split_by_passage(pairs: list[Pair]) -> None:
    assert len(pairs) >= 240
    assert len({pair.id for pair in pairs}) == len(pairs)
    assert 0.4 <= sum(pair.supported for pair in pairs) / len(pairs) <= 0.6
    assert Counter(pair.language for pair in pairs)["de"] >= 40
    dev = {pair.passage for pair in pairs if pair.split == "dev"}
    assert dev.isdisjoint(pair.passage for pair in pairs if pair.split == "test")


def test_the_held_out_half_is_judged_well(measured: SupportReport) -> None:
    held_out = measured.rules["test"]
    assert held_out.precision >= 0.85
    assert held_out.recall >= 0.8


def test_word_overlap_alone_is_clearly_worse(measured: SupportReport) -> None:
    rules, words = measured.rules["test"], measured.overlap["test"]
    assert words.precision <= rules.precision - 0.2
    assert words.f1 <= rules.f1 - 0.1
    assert words.accuracy <= rules.accuracy - 0.15


@pytest.mark.parametrize("kind", ["wrong_number", "wrong_unit", "wrong_model"])
def test_hard_errors_are_nearly_always_seen(measured: SupportReport, kind: str) -> None:
    assert measured.rules[f"test/{kind}"].accuracy >= 0.9


def test_scores_are_counted_rightly(pairs: list[Pair]) -> None:
    real = sum(pair.supported for pair in pairs)
    everything = score(pairs, lambda pair: True)
    assert everything.recall == 1.0
    assert everything.precision == pytest.approx(real / len(pairs))
    nothing = score(pairs, lambda pair: False)
    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 0.0, 0.0)
    perfect = score(pairs, lambda pair: pair.supported)
    assert (perfect.f1, perfect.accuracy) == (1.0, 1.0)


def test_overlap_is_the_share_of_words() -> None:
    pair = Pair(
        id="x",
        language="en",
        split="dev",
        kind="literal",
        supported=True,
        passage="The red lamp blinks.",
        sentence="The red lamp sings loudly.",
    )
    assert overlap(pair) == pytest.approx(0.5)


def test_an_empty_score_divides_by_nothing() -> None:
    empty = Score(pairs=0, true_positives=0, false_positives=0, false_negatives=0)
    assert (empty.precision, empty.recall, empty.f1, empty.accuracy) == (1.0, 1.0, 1.0, 1.0)
