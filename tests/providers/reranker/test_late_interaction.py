"""How question tokens are weighed against each other."""

import numpy as np
import pytest

from providers.reranker.late_interaction import _holders, _rarity, _scores
from providers.reranker.token_cache import TextTokens


def tokens(*ids: int) -> TextTokens:
    """A text whose equal tokens match with cosine 1 and whose different ones with 0."""
    return TextTokens.of(np.array(ids), np.eye(8, dtype=np.float32)[list(ids)])


def test_a_word_that_few_passages_hold_decides() -> None:
    asked = tokens(1, 2)
    with_rare, others = tokens(2, 5), [tokens(1, 3), tokens(1, 4), tokens(1, 5)]
    scores = _scores(asked, [with_rare, *others])
    assert np.argmax(scores) == 0
    assert scores[1:] == pytest.approx([scores[1]] * 3)


def test_weights_are_positive_and_sum_to_one() -> None:
    passages = [tokens(1, 2, 1), tokens(1)]
    holders = _holders(np.array([1, 2, 3]), passages, np.array([0, 3]))
    assert holders.tolist() == [2, 1, 0]
    weights = _rarity(holders, len(passages))
    assert weights.sum() == pytest.approx(1.0)
    assert weights[2] > weights[1] > weights[0] > 0


def test_texts_without_tokens_score_nothing() -> None:
    assert _scores(tokens(), [tokens(1)]) == [0.0]
    assert _scores(tokens(1), [tokens()]) == [0.0]
    assert _scores(tokens(1), [tokens(), tokens(1, 2), tokens(), tokens(2)]) == pytest.approx(
        [0.0, 1.0, 0.0, 0.0]
    )


def test_the_score_is_the_weighted_mean_of_each_tokens_best_match() -> None:
    rng = np.random.default_rng(5)
    asked, *passages = (
        TextTokens.of(rng.integers(0, 9, size), rng.standard_normal((size, 16), dtype=np.float32))
        for size in (4, 7, 1, 12)
    )
    holders = np.array([sum(id_ in passage.ids for passage in passages) for id_ in asked.ids])
    weights = _rarity(holders, 3)
    expected = [
        weights @ np.array([max(one @ other for other in passage.vectors) for one in asked.vectors])
        for passage in passages
    ]
    assert _scores(asked, passages) == pytest.approx(expected, abs=1e-5)
