import math

import pytest

from evals.metrics import first_rank, fold, hit_rate, median, percentile, ranking_metrics


def test_metrics_follow_their_definitions() -> None:
    judgements = {"q1": {"a": 1, "b": 2}, "q2": {"c": 1}}
    found = ranking_metrics(judgements, {"q1": ["x", "b", "a"], "q2": ["y"] * 0})
    gain = 2 / math.log2(3) + 1 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert found["nDCG@10"] == pytest.approx(gain / ideal / 2)
    assert found["R@100"] == pytest.approx(0.5)
    assert found["RR@10"] == pytest.approx(0.25)
    assert found["Success@5"] == pytest.approx(0.5)


def test_the_order_given_is_the_order_judged() -> None:
    judgements = {"q": {"a": 1}}
    first = ranking_metrics(judgements, {"q": ["a", "z"]})
    second = ranking_metrics(judgements, {"q": ["z", "a"]})
    assert (first["RR@10"], second["RR@10"]) == (1.0, 0.5)


def test_a_query_without_judgements_changes_nothing() -> None:
    found = ranking_metrics({"q": {"a": 1}}, {"q": ["a"], "stranger": ["b"]})
    assert found["Success@5"] == 1.0


def test_success_stops_at_five_and_recall_at_a_hundred() -> None:
    ranking = [f"n{i}" for i in range(5)] + ["a"]
    found = ranking_metrics({"q": {"a": 1}}, {"q": ranking})
    assert found["Success@5"] == 0.0
    assert found["R@100"] == 1.0
    late = [f"n{i}" for i in range(100)] + ["a"]
    assert ranking_metrics({"q": {"a": 1}}, {"q": late})["R@100"] == 0.0


def test_fold_keeps_the_best_place() -> None:
    assert fold(["a", "b", "a", "c", "b"]) == ["a", "b", "c"]


def test_hits_and_percentiles() -> None:
    assert first_rank(["x", "a"], frozenset({"a", "b"})) == 2
    assert first_rank([], frozenset({"a"})) is None
    assert hit_rate([1, 3, None, 2], 2) == 0.5
    assert hit_rate([], 1) == 0.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == pytest.approx(2.5)
    assert median([]) == 0.0
