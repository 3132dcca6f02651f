from pathlib import Path

import pytest

from examples.render import render_manuals


@pytest.fixture(scope="session")
def manuals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The rendered manuals by file name."""
    return {file.name: file for file in render_manuals(tmp_path_factory.mktemp("manuals"))}
