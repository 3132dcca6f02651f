from pathlib import Path

import pytest

from examples.locate import page_texts
from examples.render import render_manuals


@pytest.fixture(scope="session")
def manuals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The rendered manuals by file name."""
    return {file.name: file for file in render_manuals(tmp_path_factory.mktemp("manuals"))}


@pytest.fixture(scope="session")
def pages(manuals: dict[str, Path]) -> dict[str, list[str]]:
    """The normalised text of each page, by file name."""
    return {name: page_texts(file.read_bytes()) for name, file in manuals.items()}
