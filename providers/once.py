"""Something costly that is made when it is first used, once, from whatever thread."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Makes a thing on demand and keeps it until it is dropped."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._held: T | None = None
        self._making = threading.Lock()

    @property
    def held(self) -> T | None:
        """The thing, if it is there."""
        return self._held

    def get(self) -> T:
        """Return the thing; who comes while it is made waits. Raises what making it raises."""
        with self._making:
            if self._held is None:
                self._held = self._make()
            return self._held

    def drop(self) -> None:
        """Let go of the thing; the next call makes another."""
        self._held = None
