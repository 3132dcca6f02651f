import random

import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from evals.text_overlap import bleu, exact_match, normalise, rouge_l, token_f1, without_markers

WORDS = ["pump", "tank", "door", "seal", "hose"]


def test_tokens_are_those_of_squad() -> None:
    assert normalise("The Cat's  tray, a 50-litre one.") == ["cats", "tray", "50litre", "one"]


def test_markers_are_no_part_of_an_answer() -> None:
    assert without_markers("Every 60 days [1][2]. Use acid [3].") == "Every 60 days. Use acid."


@pytest.mark.parametrize(
    ("answer", "reference", "f1", "rouge"),
    [
        ("the tank", "Tank.", 1.0, 1.0),
        ("b a1 c", "a1 b", 0.8, 0.4),
        ("x x y", "x y y", 2 / 3, 2 / 3),
        ("left", "right", 0.0, 0.0),
        ("", "right", 0.0, 0.0),
        ("The.", "a", 1.0, 1.0),
    ],
)
def test_overlap(answer: str, reference: str, f1: float, rouge: float) -> None:
    assert token_f1(answer, reference) == pytest.approx(f1)
    assert rouge_l(answer, reference) == pytest.approx(rouge)


def test_only_the_same_words_in_order_match_exactly() -> None:
    assert exact_match("The  reset button!", "reset button") == 1.0
    assert exact_match("button reset", "reset button") == 0.0


def test_rouge_is_that_of_the_reference_package_on_plain_words() -> None:
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    chance = random.Random(3)  # noqa: S311 - no secret
    for _ in range(200):
        one, other = (" ".join(chance.choices(WORDS, k=9)) for _ in range(2))
        assert rouge_l(one, other) == scorer.score(other, one)["rougeL"].fmeasure


def test_bleu_is_that_of_the_reference_package() -> None:
    one, other = "Descale the kettle every 60 days.", "Descale it every 60 days."
    found = sacrebleu.sentence_bleu(one, [other], use_effective_order=True)
    assert bleu(one, other) == pytest.approx(found.score / 100)
    assert bleu(other, other) == pytest.approx(1.0)
