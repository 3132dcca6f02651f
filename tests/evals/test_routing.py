"""Where questions went, in figures."""

from collections import Counter
from pathlib import Path

import pytest

from cli.suites import with_routing
from evals.errors import DatasetError
from evals.routing import (
    Expected,
    Got,
    Routed,
    RoutingCase,
    load_routing,
    report,
    route_all,
    scores_of,
)
from evals.suites.gates import Ruling, compare
from evals.suites.results import SuiteResult


def _routed(expected: Expected, got: Got, number: int = 1) -> Routed:
    id = f"{expected}-{got}-{number}"
    return Routed(case=RoutingCase(id=id, question=id, expected=expected), got=got)


def _result(*routed: Routed) -> SuiteResult:
    plain = SuiteResult(
        suite="full",
        dataset="d",
        cases={},
        models={"chat_model": "m"},
        prompts={},
        settings="s",
        scores={"answers.right_decision": {"a": 1.0, "b": 1.0}},
    )
    return with_routing(plain, routed)


def test_the_projects_questions_cover_every_class_in_two_languages() -> None:
    cases = load_routing()
    classes = Counter(case.expected for case in cases)
    assert len(cases) >= 60
    assert set(classes) == {"documents", "database", "either", "abstain", "clarify"}
    assert min(classes.values()) >= 8
    assert Counter(case.language for case in cases)["de"] >= 15


def test_ids_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": "a", "question": "x", "expected": "abstain"}\n' * 2)
    with pytest.raises(DatasetError, match="twice"):
        load_routing(path)
    path.write_text('{"id": "a", "question": "x", "expected": "somewhere"}\n')
    with pytest.raises(DatasetError, match="line 1"):
        load_routing(path)


def test_precision_recall_and_confusion() -> None:
    found = report(
        [
            _routed("documents", "documents"),
            _routed("documents", "database"),
            _routed("database", "database"),
            _routed("either", "documents"),
            _routed("either", "abstain"),
            _routed("clarify", "clarify"),
        ]
    )
    assert found["accuracy"] == round(4 / 6, 4)
    assert found["classes"]["documents"] == {"questions": 2, "precision": 1.0, "recall": 0.5}
    assert found["classes"]["database"] == {"questions": 1, "precision": 0.5, "recall": 1.0}
    assert found["classes"]["either"] == {"questions": 2, "precision": None, "recall": 0.5}
    assert found["classes"]["abstain"] == {"questions": 0, "precision": 0.0, "recall": None}
    assert found["confusion"]["documents"] == {"documents": 1, "database": 1}
    assert [one["what"] for one in found["mistakes"]] == [
        "documents expected, database came",
        "either expected, abstain came",
    ]


async def test_questions_are_asked_one_after_the_other() -> None:
    case = RoutingCase(id="a", question="x", expected="abstain")
    seen: list[int] = []

    async def ask(asked: RoutingCase) -> Routed:
        return Routed(case=asked, got="abstain")

    routed = await route_all([case, case], ask, seen.append)
    assert (seen, scores_of(routed)) == ([1, 2], {"routing.right": {"routing/a": 1.0}})


def test_a_result_without_routing_is_not_held_against_one_with_it() -> None:
    old, new = _result(), _result(_routed("database", "database"))
    assert compare(old, new).passed
    assert [line.metric for line in compare(old, new).lines] == ["answers.right_decision"]


def test_routing_that_gets_worse_fails_the_gate() -> None:
    def half(got: Got) -> SuiteResult:
        return _result(*(_routed("database", got, n) for n in range(10)))

    right = half("database")
    wrong = right.model_copy(
        update={
            "scores": {
                **right.scores,
                "routing.right": dict.fromkeys(right.scores["routing.right"], 0.0),
            }
        }
    )
    line = next(one for one in compare(right, wrong).lines if one.metric == "routing.right")
    assert line.ruling is Ruling.REGRESSED
    gone = compare(right, _result())
    assert not gone.passed  # what was measured must be measured again
    assert right.by_group("routing.right") == {"routing: database": 1.0}
