"""The rates across authors are told by author and place."""

from evals.guards.across import attempts, summary
from evals.guards.known import authors
from evals.guards.scoring import Judged


def test_every_author_is_judged_by_place() -> None:
    first, second, *_ = authors()
    judged = {
        first: [
            Judged(attempt=attempt, flagged=attempt.kind == "attack", score=1.0)
            for attempt in attempts(first)
        ],
        second: [Judged(attempt=attempt, flagged=False, score=0.0) for attempt in attempts(second)],
    }
    told = summary(judged)
    assert set(told) == {first, second, "all"}
    assert told[first]["question"]["caught"] == told[first]["document"]["caught"] == 1.0
    assert told[second]["all"]["caught"] == 0.0
    assert told[first]["all"]["false_alarms"] == 0.0
    assert told["all"]["all"]["attacks"] == sum(
        told[name]["all"]["attacks"] for name in (first, second)
    )
