import pytest

from graphs.query.support import judge

FILTER = (
    "Replace the filter of the BX-10 every 3 months. The filter of the BX-20 lasts 6 months. "
    "Before you open the lid, switch the pump off."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Replace the filter of the BX-10 every 3 months.",
        "The BX-10's filter must be replaced every three months.",
        "Switch the pump off before you open the lid.",
        "The filter of the BX-20 lasts 6 months",
    ],
)
def test_what_the_passage_says_is_supported(sentence: str) -> None:
    assert judge(sentence, FILTER).supported


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Replace the filter of the BX-10 every 6 months.", "number of something else"),
        ("Replace the filter of the BX-10 every 3 weeks.", "number"),
        ("Replace the filter of the BX-30 every 3 months.", "identifier"),
        ("Do not replace the filter of the BX-10 every 3 months.", "negation"),
        ("Switch the pump on before you open the lid.", "opposite of on"),
        ("Always replace the filter of the BX-10 every 3 months.", "overclaim: always"),
        ("The lid is made of bamboo and leather.", "words"),
    ],
)
def test_what_differs_in_one_detail_is_refused_and_why(sentence: str, reason: str) -> None:
    verdict = judge(sentence, FILTER)
    assert not verdict.supported
    assert verdict.reason == reason
    assert verdict.score < 0.6


def test_the_evidence_is_the_sentence_that_says_it() -> None:
    verdict = judge("The BX-20's filter lasts 6 months.", FILTER)
    assert FILTER[verdict.start : verdict.end] == "The filter of the BX-20 lasts 6 months."


def test_the_title_may_name_the_subject() -> None:
    passage = "The tank holds 2 litres."
    sentence = "The tank of the BX-10 holds 2 litres."
    assert not judge(sentence, passage).supported
    assert judge(sentence, passage, title="BX-10 manual").supported


def test_tables_are_read_by_row() -> None:
    table = "| Mode | Power |\n| --- | --- |\n| Eco | 40 W |\n| Turbo | 90 W |"
    assert judge("In Turbo mode the power is 90 W.", table).supported
    assert not judge("In Eco mode the power is 90 W.", table).supported


@pytest.mark.parametrize("passage", ["", "   ", "# Only a heading"])
def test_an_empty_passage_supports_nothing(passage: str) -> None:
    assert judge("The tank holds 2 litres.", passage).reason == "empty"


def test_german_separable_verbs() -> None:
    passage = "Das Gerät schaltet sich nach 5 Minuten automatisch aus."
    right = "Nach 5 Minuten schaltet sich das Gerät automatisch aus."
    wrong = "Das Gerät schaltet sich nach 5 Minuten automatisch ein."
    assert judge(right, passage, language="de").supported
    assert not judge(wrong, passage, language="de").supported
