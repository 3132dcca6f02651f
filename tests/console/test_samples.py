"""The questions that a new visitor is offered."""

from console.samples import SAMPLE_COLLECTION, questions_for
from examples import company


def test_they_are_questions_that_the_sample_answers() -> None:
    answerable = {q.question: q.document for q in company.golden_questions() if q.answerable}

    offered = questions_for(SAMPLE_COLLECTION)

    assert SAMPLE_COLLECTION == company.SAMPLE_COLLECTION
    assert len({answerable[question] for question in offered}) == len(offered)


def test_another_collection_has_none() -> None:
    assert questions_for("default") == ()
