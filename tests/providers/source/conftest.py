"""Servers for the sources to read."""

from collections.abc import Iterator

import pytest

from tests.providers.source.site import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    """A web server without pages."""
    with serving() as found:
        yield found
