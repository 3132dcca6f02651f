"""`cicerone caches`."""

from collections.abc import Callable
from typing import Any

Cli = Callable[..., Any]


def test_they_are_shown_and_cleared(loaded: Cli) -> None:
    shown = loaded("caches", "--json").json()
    assert [cache["name"] for cache in shown["caches"]] == ["exact", "semantic", "embedding"]
    assert "memory: ready" in loaded("caches").out
    assert loaded("caches", "--clear", "--json").json()["collections"] == 1
    assert "1 collections and 0 questions" in loaded("caches", "--clear", "-c", "default").out


def test_refuses_what_makes_no_sense(loaded: Cli) -> None:
    assert loaded("caches", "-c", "default").code == 2
    assert loaded("caches", "--clear", "-c", "../x").code == 2
    assert loaded("caches", "--clear", "-c", "nowhere").code == 4
