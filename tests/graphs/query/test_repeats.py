from collections.abc import Callable

from graphs.query.repeats import diversify, likeness, overlap
from graphs.query.state import Passage

LONG = "Rinse the tank with clear water and let it dry before you put it back for 30 minutes"


def test_nearly_the_same_words_are_a_repetition(passage: Callable[..., Passage]) -> None:
    one = passage(f"{LONG}.", rank=1, document_id="a")
    other = passage(f"{LONG}!", rank=2, document_id="b")
    longer = passage(f"{LONG} at least.", rank=3, document_id="c")
    assert overlap(other, one) == 1.0
    assert overlap(longer, one) in {0.0, 1.0}
    assert overlap(passage("Rinse the tank.", rank=4, document_id="d"), one) == 0.0


def test_other_numbers_are_no_repetition(passage: Callable[..., Passage]) -> None:
    one = passage(f"{LONG}.", rank=1, document_id="a")
    other = passage(f"{LONG.replace('30', '45')}.", rank=2, document_id="b")
    assert likeness(one.text, other.text) > 0.85
    assert overlap(other, one) == 0.0


def test_what_differs_comes_earlier_with_diversity(passage: Callable[..., Passage]) -> None:
    given = [
        passage("The tank holds two litres of water.", rank=1, score=1.0),
        passage("The tank holds two litres of clear water.", rank=2, score=0.9),
        passage("Descale every month.", rank=3, score=0.5),
    ]
    assert [p.rank for p in diversify(given, 0.0)] == [1, 2, 3]
    assert [p.rank for p in diversify(given, 0.6)] == [1, 3, 2]
    assert diversify([], 0.6) == []
