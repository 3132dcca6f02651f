"""Lets one run use other versions of prompts than those that are active."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_pinned: ContextVar[Mapping[str, str] | None] = ContextVar("pinned_prompts", default=None)


@contextmanager
def pinned(versions: Mapping[str, str]) -> Iterator[None]:
    """Let `Catalogue.get` return these versions, by name of the prompt, in this block."""
    token = _pinned.set(versions)
    try:
        yield
    finally:
        _pinned.reset(token)


def pinned_version(name: str) -> str | None:
    """Return the version that this run wants of a prompt, if it wants one."""
    versions = _pinned.get()
    return None if versions is None else versions.get(name)
