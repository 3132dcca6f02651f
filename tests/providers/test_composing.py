from providers.chat_model.composing import Limits, compose
from providers.chat_model.evidence import Evidence, units_of
from providers.chat_model.question import read_question
from providers.types import GroundingPassage

CARE = GroundingPassage(
    marker=1, title="Hob › Care", score=0.9, text="Never clean it with a dishwasher tablet."
)
NICHE = GroundingPassage(
    marker=2, title="Hob › Niche", score=0.5, text="Never install it above a dishwasher."
)


def evidence(passage: int, *, score: float, certain: float) -> Evidence:
    found = (CARE, NICHE)[passage]
    return Evidence(
        passage=passage,
        index=0,
        unit=units_of(found)[0],
        marker=found.marker,
        language="en",
        covered=certain,
        certain=certain,
        score=score,
        terms=frozenset({"dishwash"}),
    )


def composed(question: str, niche: float) -> list[str]:
    good = [evidence(0, score=0.61, certain=0.36), evidence(1, score=0.6, certain=niche)]
    return compose(read_question(question, "en"), good, (CARE, NICHE), Limits())


def test_the_surest_sentence_leads_whatever_the_rank_of_its_passage() -> None:
    question = "Is it OK to put the hob over a dishwasher?"
    lines = [
        "Never clean it with a dishwasher tablet [1].",
        "Never install it above a dishwasher [2].",
    ]
    assert composed(question, 0.38) == lines[::-1]
    assert composed(question, 0.35) == lines


def test_steps_stay_as_they_stand() -> None:
    assert composed("How do I put the hob over a dishwasher?", 0.38)[0].endswith("[1].")
