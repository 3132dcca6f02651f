"""The questions that a new visitor is offered."""

from console.samples import SAMPLE_COLLECTION, questions_for
from examples import company


def test_they_are_the_samples_own() -> None:
    assert SAMPLE_COLLECTION == company.SAMPLE_COLLECTION
    assert questions_for(SAMPLE_COLLECTION) == company.STARTERS


def test_another_collection_has_none() -> None:
    assert questions_for("default") == ()
