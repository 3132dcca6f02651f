import importlib.util
import os
from collections.abc import Iterator

import pytest

from providers.chat_model import token_counts
from providers.chat_model.token_counts import count_tokens
from providers.errors import ModelMissingError


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    token_counts._encoding.cache_clear()
    yield
    token_counts._encoding.cache_clear()


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("hello world", 2), ("tokens, twice: tokens", 5)]
)
def test_tokens_are_counted(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_words_that_steer_a_model_are_counted_as_text() -> None:
    assert count_tokens("<|endoftext|>") > 1


@pytest.mark.parametrize("before", [None, "/elsewhere"])
def test_the_environment_is_left_as_it_was(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    if before:
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", before)
    assert count_tokens("a") == 1
    assert os.environ.get("TIKTOKEN_CACHE_DIR") == before


def test_nothing_is_fetched_when_the_table_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelMissingError, match="cl100k_base is missing"):
        count_tokens("a")
