"""What shares costly fixtures stays with one worker."""

import pytest


@pytest.mark.xdist_group("together")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    """Pytest 9.2 does not show pytest-xdist 3.8 the groups: each worker made each fixture anew."""
    if request.config.getoption("loadgroup", default=False):
        assert request.node.nodeid.endswith("@together")
