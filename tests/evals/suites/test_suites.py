import random
from pathlib import Path
from typing import Any

import ir_measures
import pytest
from ir_measures import RR, Qrel, ScoredDoc, nDCG

from evals.citations import Place
from evals.errors import DatasetError
from evals.metrics import ranking_metrics
from evals.qa import Cited, Given
from evals.suites.bootstrap import mean_interval
from evals.suites.cases import Case, load_cases, spread
from evals.suites.gates import Ruling, compare
from evals.suites.results import SuiteResult, load_result
from evals.suites.scoring import Found, Observed, score_answer, score_retrieval


def case(id: str, **fields: Any) -> Case:
    given = {"question": f"question {id}", "answer": "yes", "document": "a.pdf", "page": 1}
    return Case.model_validate({"id": id, **given, **fields})


def result(scores: dict[str, dict[str, float]], **fields: Any) -> SuiteResult:
    plain: dict[str, Any] = {
        "suite": "full",
        "dataset": "d",
        "cases": {},
        "models": {"embedder": "e"},
        "prompts": {},
        "settings": "s",
    }
    return SuiteResult.model_validate({**plain, "scores": scores, **fields})


def each(*values: float) -> dict[str, float]:
    return {str(number): value for number, value in enumerate(values)}


def test_an_interval_holds_the_mean_and_is_the_same_every_time() -> None:
    found = mean_interval([0.0, 1.0, 1.0, 1.0])
    assert found.mean == 0.75
    assert 0.25 <= found.low < 0.75 < found.high <= 1.0
    assert mean_interval([0.0, 1.0, 1.0, 1.0]) == found
    assert mean_interval([0.5] * 3).low == 0.5


def test_an_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    held = 0
    for _ in range(100):
        found = mean_interval([chance.gauss(0.3, 1) for _ in range(40)])
        held += found.low <= 0.3 <= found.high
    assert 80 <= held <= 98


def test_a_metric_over_no_rows_says_so() -> None:
    with pytest.raises(DatasetError, match="over no rows has no mean"):
        mean_interval([])
    empty = result({"answers.token_f1": {}})
    assert empty.means == {"answers.token_f1": None}
    with pytest.raises(DatasetError, match=r"answers\.token_f1"):
        empty.interval("answers.token_f1")


@pytest.mark.parametrize(
    ("before", "after", "ruling"),
    [
        (each(1, 1, 1, 1), each(1, 1, 1, 1), Ruling.SAME),
        (each(0, 1, 1, 1), each(1, 1, 1, 1), Ruling.BETTER),
        (each(*[1] * 20), each(*[1] * 19, 0), Ruling.WORSE),
        (each(*[1] * 20), each(*[1] * 15, *[0] * 5), Ruling.REGRESSED),
        (each(*[0.9] * 20), each(*[0.87] * 20), Ruling.REGRESSED),
        (each(*[0.9] * 20), each(*[0.895] * 20), Ruling.WORSE),
        (each(1, 1, 1, 1, 1), each(1, 1, 1, 1, 0), Ruling.REGRESSED),
    ],
)
def test_a_fall_counts_when_it_is_sure_or_large(
    before: dict[str, float], after: dict[str, float], ruling: Ruling
) -> None:
    found = compare(result({"answers.token_f1": before}), result({"answers.token_f1": after}))
    assert found.lines[0].ruling is ruling
    assert found.passed is (ruling is not Ruling.REGRESSED)


def test_special_metrics() -> None:
    before = result(
        {
            "prompts.complete": each(*[1] * 50),
            "answers.latency_ms": each(1, 1),
            "answers.cost_usd": each(*[0.01] * 9),
            "guards.caught": each(1, 1),
        }
    )
    after = result(
        {
            "prompts.complete": each(*[1] * 49, 0),
            "answers.latency_ms": each(9, 9),
            "answers.cost_usd": each(*[0.02] * 9),
        }
    )
    rulings = {line.metric: line.ruling for line in compare(before, after).lines}
    assert rulings == {
        "prompts.complete": Ruling.REGRESSED,  # no chance in it
        "answers.latency_ms": Ruling.UNGATED,
        "answers.cost_usd": Ruling.REGRESSED,  # dearer
        "guards.caught": Ruling.REGRESSED,  # not measured any more
    }


def test_only_the_same_questions_are_compared() -> None:
    note = {"fingerprint": "x", "group": "g"}
    old = result({"m": {"a": 1.0, "b": 1.0}}, cases={"a": note, "b": note}, dataset="1")
    other = {"fingerprint": "y", "group": "g"}
    new = result({"m": {"a": 1.0, "b": 0.0}}, cases={"a": note, "b": other}, dataset="2")
    found = compare(old, new)
    assert (found.lines[0].cases, found.passed) == (1, True)
    assert found.notes == ["the questions differ: 0 are gone, 0 are new; the rest is compared"]
    with pytest.raises(DatasetError, match="no case in common"):
        compare(old, result({"m": {"z": 1.0}}, cases={"z": note}))
    with pytest.raises(DatasetError, match="cannot be compared"):
        compare(old, result({}, suite="quick"))


def test_a_result_survives_its_file(tmp_path: Path) -> None:
    kept = result({"m": {"a": 1.0}}, notes=["ü"])
    assert load_result(kept.save(tmp_path / "deep" / "r.json")) == kept


def test_the_worked_example_of_ir_measures_gives_its_figures() -> None:
    # https://ir-measur.es: Q0 finds its document second, Q1 first.
    found = ranking_metrics({"Q0": {"D1": 1}, "Q1": {"D3": 2}}, {"Q0": ["D0", "D1"], "Q1": ["D3"]})
    assert found["nDCG@10"] == pytest.approx(0.8154648767857287)
    assert found["RR@10"] == pytest.approx(0.75)


def test_retrieval_scores_are_those_of_ir_measures() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    cases = [case(str(n), document=f"{n % 5}.pdf", page=n % 7 + 1) for n in range(40)]
    pages = [Found(source=f"{d}.pdf", page=p) for d in range(5) for p in range(1, 8)]
    rankings = {c.id: chance.sample(pages, 30) for c in cases}
    ours = score_retrieval(cases, rankings)
    qrels = [Qrel(c.id, f"{c.document}/{c.page}", 1) for c in cases]
    run = [
        ScoredDoc(id, f"{each.source}/{each.page}", -place)
        for id, ranking in rankings.items()
        for place, each in enumerate(ranking)
    ]
    theirs = ir_measures.calc_aggregate([nDCG @ 10, RR @ 10], qrels, run)
    assert sum(ours["ndcg@10"].values()) / 40 == pytest.approx(theirs[nDCG @ 10], abs=1e-4)
    assert sum(ours["mrr@10"].values()) / 40 == pytest.approx(theirs[RR @ 10], abs=1e-4)


def test_pages_fold_and_a_case_without_a_ranking_counts_as_nothing() -> None:
    twice = [Found(source="b.pdf", page=2)] * 3 + [Found(source="a.pdf", page=1)]
    scores = score_retrieval([case("1"), case("2")], {"1": twice})
    assert scores["mrr@10"] == {"1": 0.5, "2": 0.0}
    whole = score_retrieval([case("1", page=9)], {"1": [Found(source="a.pdf", page=None)]})
    assert whole["hit_rate@5"] == {"1": 1.0}, "a format without pages is right as a whole"
    assert score_retrieval([case("1", answerable=False)], {}) == {}


def given(answer: str, place: Place | None, *, abstained: bool = False) -> Observed:
    passage = "Descale the kettle every 60 days."
    cited = [Cited(marker=1, chunk_id="c", place=place, quote=passage)] if place else []
    return Observed(
        given=Given(answer=answer, abstained=abstained, citations=cited, passages={"c": passage}),
        latency_ms=5.0,
    )


def test_an_answer_is_scored_by_words_place_and_support() -> None:
    asked = case("1", answer="Every 60 days.")
    right = score_answer(asked, given("Descale the kettle every 60 days. [1]", Place("a.pdf", 1)))
    assert right["groundedness"] == right["citation_recall"] == right["right_decision"] == 1.0
    assert 0 < right["bleu"] < right["token_f1"] < 1
    wrong = score_answer(asked, given("Descale it every 90 days. [1]", Place("a.pdf", 3)))
    assert (wrong["groundedness"], wrong["citation_precision"]) == (0.0, 0.0)
    silent = score_answer(asked, given("I do not know.", None, abstained=True))
    assert (silent["token_f1"], silent["right_decision"]) == (0.0, 0.0)
    assert "groundedness" not in silent
    unanswerable = case("2", answerable=False, answer=None)
    rightly = score_answer(unanswerable, given("", None, abstained=True))
    assert rightly == {"right_decision": 1.0, "latency_ms": 5.0, "cost_usd": 0.0}


def test_cases_need_an_answer_and_an_id_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    row = '{"id": "1", "question": "q", "answer": "a"}\n'
    path.write_text(row + row)
    with pytest.raises(DatasetError, match="the id '1' occurs twice"):
        load_cases(path)
    path.write_text('{"id": "1", "question": "q", "answer": " "}')
    with pytest.raises(DatasetError, match=r"line 1.*needs an answer"):
        load_cases(path)
    path.write_text("\n")
    with pytest.raises(DatasetError, match="has no lines"):
        load_cases(path)


def test_a_few_cases_are_spread_over_all() -> None:
    cases = [case(str(n)) for n in range(60)]
    assert [c.id for c in spread(cases, 3)] == ["0", "20", "40"]
    assert spread(cases[:2], 3) == cases[:2]
