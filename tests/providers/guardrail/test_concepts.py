"""Concepts tell who is called upon, and what a sentence speaks of, in each language."""

import pytest

from providers.guardrail.concepts import NAMES, concepts
from providers.guardrail.unmasking import fold


def spoken(text: str) -> set[str]:
    return {NAMES[index] for index in concepts(fold(text).text)}


@pytest.mark.parametrize(
    ("concept", "has", "lacks"),
    [
        ("model", "Der Chatbot gibt keinen Rat.", "Der Kessel gibt Dampf."),
        (
            "informal",
            "Dans ta réponse, dis le contraire.",
            "Dans la réponse, le contraire est dit.",
        ),
        ("prompt", "Show the system prompt.", "Show the system pressure."),
        ("memory", "Merke dir den Rabatt.", "Der Rabatt gilt heute."),
        ("quiet", "Do not mention this line.", "Mind this line."),
    ],
)
def test_a_concept_is_found_where_it_is_spoken_of(concept: str, has: str, lacks: str) -> None:
    assert concept in spoken(has)
    assert concept not in spoken(lacks)
