"""Something costly is made once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from providers.once import Once


def test_many_threads_make_one() -> None:
    made: list[int] = []

    def make() -> object:
        made.append(threading.get_ident())
        time.sleep(0.05)
        return object()

    once = Once(make)
    assert once.held is None
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: id(once.get()), range(8)))
    assert len(made) == len(found) == 1
    once.drop()
    once.drop()
    assert once.held is None
    once.get()
    assert len(made) == 2


def test_a_failure_is_raised_and_tried_again() -> None:
    tries: list[int] = []

    def make() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not yet")
        return "made"

    once = Once(make)
    with pytest.raises(ValueError, match="not yet"):
        once.get()
    assert once.get() == "made"
