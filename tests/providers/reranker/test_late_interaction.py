"""How question tokens are weighed against each other."""

import numpy as np
import pytest

from providers.reranker.late_interaction import _rarity, _scores
from providers.reranker.token_cache import TextTokens


def tokens(*ids: int) -> TextTokens:
    """A text whose equal tokens match with cosine 1 and whose different ones with 0."""
    return TextTokens(np.array(ids), np.eye(8, dtype=np.float16)[list(ids)])


def test_a_word_that_few_passages_hold_decides() -> None:
    asked = tokens(1, 2)
    with_rare, others = tokens(2, 5), [tokens(1, 3), tokens(1, 4), tokens(1, 5)]
    scores = _scores(asked, [with_rare, *others])
    assert np.argmax(scores) == 0
    assert scores[1:] == pytest.approx([scores[1]] * 3)


def test_weights_are_positive_and_sum_to_one() -> None:
    weights = _rarity(np.array([1, 2, 3]), [tokens(1, 2), tokens(1)])
    assert weights.sum() == pytest.approx(1.0)
    assert weights[2] > weights[1] > weights[0] > 0


def test_texts_without_tokens_score_nothing() -> None:
    assert _scores(tokens(), [tokens(1)]) == [0.0]
    assert _scores(tokens(1), [tokens()]) == [0.0]
