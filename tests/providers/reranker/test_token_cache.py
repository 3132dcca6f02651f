"""The bounded memory of passage token vectors."""

import numpy as np

from providers.reranker.token_cache import TextTokens, TokenCache


def text_of(tokens: int) -> TextTokens:
    """A text whose tokens take 24 bytes each."""
    return TextTokens(np.arange(tokens), np.ones((tokens, 8), dtype=np.float16))


def test_the_bound_is_in_bytes_and_the_least_used_go() -> None:
    cache = TokenCache(max_bytes=3 * 240)
    for key in ("a", "b", "c"):
        cache.put(key, text_of(10))
    assert cache.size_bytes == 720
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
