"""What two questions may differ in, and what they must not."""

import pytest

from evals.likeness.scoring import Pair, read_pairs
from graphs.query.caching.keys import normalise
from graphs.query.caching.likeness import difference

PAIRS = read_pairs()
OTHERS = [pair for pair in PAIRS if not pair.same]


def test_there_are_enough_pairs_of_each_kind() -> None:
    assert len(PAIRS) >= 60
    kinds = {pair.kind for pair in OTHERS}
    assert {"other_model", "other_number", "negation", "opposite", "other_thing"} <= kinds
    assert len({pair.id for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("pair", OTHERS, ids=lambda pair: pair.id)
def test_a_near_miss_is_refused_without_looking_at_vectors(pair: Pair) -> None:
    assert difference(pair.one, pair.other, pair.language) is not None
    assert difference(pair.other, pair.one, pair.language) is not None


def test_most_paraphrases_pass() -> None:
    same = [pair for pair in PAIRS if pair.same]
    passed = [p for p in same if difference(p.one, p.other, p.language) is None]
    assert len(passed) >= 0.75 * len(same)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("What does E4 mean?", "What does E5 mean?", "identifier"),
        ("Does it take 2 minutes?", "Does it take 3 minutes?", "number"),
        ("Does it take 2 minutes?", "Does it take 120 seconds?", None),
        ("Is it safe?", "Is it not safe?", "negation"),
        ("How do I open it?", "How do I close it?", "opposite of open"),
        ("Do the doors lock?", "Do all the doors lock?", "strength"),
        ("Where is the filter?", "Is the filter there?", "kind"),
        ("Why is it loud?" + " x" * 200, "Why is it loud?", "length"),
    ],
)
def test_the_reason_is_named(one: str, other: str, reason: str | None) -> None:
    assert difference(one, other, "en") == reason


def test_case_spacing_and_the_last_mark_do_not_count() -> None:
    assert normalise("  How\tOFTEN  is it done ?! ") == normalise("how often is it done")
    assert normalise("Is it -5 °C?") != normalise("Is it 5 °C?")
