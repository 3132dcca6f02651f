"""The bounded memory of passage token vectors."""

import numpy as np

from providers.reranker.token_cache import TextTokens, TokenCache


def text_of(tokens: int) -> TextTokens:
    """A text whose tokens take 20 bytes each."""
    return TextTokens.of(np.arange(tokens), np.ones((tokens, 8), dtype=np.float32))


def test_a_row_is_held_nearly_as_it_is() -> None:
    rows = np.random.default_rng(3).standard_normal((20, 384), dtype=np.float32)
    rows[4] = 0.0
    found = TextTokens.of(np.arange(20), rows).vectors
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    assert np.abs(found - unit).max() <= np.abs(unit).max() / 253
    assert not found[4].any()


def test_the_bound_is_in_bytes_and_the_least_used_go() -> None:
    cache = TokenCache(max_bytes=3 * 200)
    for key in ("a", "b", "c"):
        cache.put(key, text_of(10))
    assert cache.size_bytes == 600
    cache.find(["a"])
    cache.put("d", text_of(10))
    assert [found is not None for found in cache.find(["a", "b", "c", "d"])] == [
        True,
        False,
        True,
        True,
    ]


def test_what_is_larger_than_the_cache_is_not_kept() -> None:
    cache = TokenCache(max_bytes=100)
    cache.put("a", text_of(10))
    assert cache.find(["a"]) == [None]
    assert TokenCache(max_bytes=0).find(["a"]) == [None]
