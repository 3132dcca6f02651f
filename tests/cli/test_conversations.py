"""`cicerone conversations`, in this process and through a server."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from providers.vector_store.sparse_copy import copy_sparse

Cli = Callable[..., Any]
QUESTION = "How often must the kettle be descaled?"


@pytest.fixture
def talked(filled_home: Path, home: Path, cli: Cli) -> Cli:
    shutil.copytree(filled_home, home, copy_function=copy_sparse)
    for _ in range(2):
        assert cli("ask", QUESTION, "--conversation", "kitchen-2").code == 0
    return cli


def _works(cli: Cli, tmp_path: Path) -> None:
    listed = cli("conversations", "list", "--search", "descaled", "--json").json()
    (row,) = listed["conversations"]
    assert (row["conversation_id"], row["messages"], row["title"]) == ("kitchen-2", 4, QUESTION)
    shown = cli("conversations", "show", "kitchen-2").out
    assert "60 days" in shown and "[1] brisk.md" in shown
    assert "Scale" in cli("conversations", "rename", "kitchen-2", " Scale ").out
    assert cli("conversations", "export", "kitchen-2").out.startswith("# Scale\n")
    file = tmp_path / "kitchen.json"
    options = ("--format", "json", "--output", str(file), "--json")
    assert cli("conversations", "export", "kitchen-2", *options).json()["file"] == str(file)
    assert len(json.loads(file.read_text())["turns"]) == 4
    assert "Deleted kitchen-2" in cli("conversations", "delete", "kitchen-2").out
    assert cli("conversations", "show", "kitchen-2").code == 4
    assert cli("conversations", "list", "--deleted", "--json").json()["total"] == 1
    assert cli("conversations", "restore", "kitchen-2", "--json").json()["messages"] == 4


def test_it_works_in_this_process(talked: Cli, tmp_path: Path) -> None:
    _works(talked, tmp_path)


@pytest.mark.integration
def test_it_works_through_a_server(
    talked: Cli, serve_here: Any, home: Path, tmp_path: Path
) -> None:
    with serve_here(home):
        _works(talked, tmp_path)


def test_refuses_what_cannot_be_an_id_or_a_title(talked: Cli) -> None:
    assert talked("conversations", "show", "a b").code == 2
    assert talked("ask", QUESTION, "--conversation", "../x").code == 2
    assert talked("conversations", "rename", "kitchen-2", " ").code == 2
