"""Deletes and their return, indexes, stores and the audit trail from the command line."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from providers.vector_store.sparse_copy import copy_sparse

Cli = Any


def document_id(cli: Cli, source: str) -> str:
    documents = cli("documents", "list", "--json").json()["documents"]
    found: str = next(row["document_id"] for row in documents if row["source"] == source)
    return found


def test_a_document_is_deleted_restored_and_purged(loaded: Cli) -> None:
    id = document_id(loaded, "brisk.md")
    assert loaded("documents", "restore", id).code == 1  # it is not deleted
    assert loaded("documents", "delete", id, "--yes").code == 0
    listed = loaded("documents", "deleted", "--json").json()
    assert [row["source"] for row in listed["documents"]] == ["brisk.md"]
    assert "brisk.md" in loaded("documents", "deleted").out
    assert loaded("documents", "restore", id, "--json").json()["source"] == "brisk.md"
    hits = loaded("search", "descale the kettle", "--json").json()["hits"]
    assert hits[0]["source"] == "brisk.md"
    loaded("documents", "delete", id, "--yes")
    assert loaded("documents", "purge", id, "--yes").out == f"purged {id}\n"
    assert loaded("documents", "restore", id).code == 4


def test_an_index_is_replaced_and_brought_back(
    loaded: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (before,) = loaded("indexes", "list", "--json").json()["indexes"]
    monkeypatch.setenv("CICERONE_EMBEDDER__OPTIONS", '{"dimensions": 512}')
    golden = tmp_path / "golden.jsonl"
    question = {"question": "How often is the kettle descaled?", "sources": ["brisk.md"]}
    golden.write_text(json.dumps(question) + "\n")

    built = loaded("reindex", "--golden", golden, "--json")
    assert built.code == 0, built.err
    assert built.json()["changed"] is True
    assert built.json()["checks"]["golden_new"] == 1.0
    assert "live" in loaded("indexes", "list", "-c", "default").out
    back = loaded("reindex", "--rollback")
    assert back.code == 0, back.err
    assert before["name"] in back.out
    again = loaded("reindex", "--rollback", "--json")
    assert again.code == 1
    assert "no earlier index" in again.err


def test_a_golden_file_that_cannot_be_read_is_refused(loaded: Cli, tmp_path: Path) -> None:
    (tmp_path / "golden.jsonl").write_text("{}\n")
    result = loaded("reindex", "--golden", tmp_path / "golden.jsonl")
    assert result.code == 2
    assert "sources" in result.err


def test_stores_are_compared_and_mended(loaded: Cli, home: Path) -> None:
    clean = loaded("reconcile", "--json")
    assert clean.code == 0, clean.out
    assert clean.json()["clean"] is True
    (raw, *_) = sorted((home / "object_store/objects/raw").rglob("*"), key=lambda p: p.is_dir())
    raw.unlink()
    moment = 1_700_000_000
    stray = home / "object_store/objects/derived/default/stray"
    stray.write_bytes(b"x")
    os.utime(stray, (moment, moment))
    looked = loaded("reconcile")
    assert looked.code == 1
    assert "--repair mends it" in looked.out
    mended = loaded("reconcile", "--repair", "--json")
    assert mended.code == 0
    assert mended.json()["objects"]["removed"] == 1
    assert not stray.exists()
    assert "0 originals put into cold storage" in loaded("lifecycle").out


def test_the_trail_is_shown_and_exported(loaded: Cli, home: Path) -> None:
    id = document_id(loaded, "brisk.md")
    loaded("search", "descale the kettle")
    shown = loaded("audit", "--document", id, "--json").json()
    assert [event["action"] for event in shown["events"]] == [
        "passages.shown",
        "document.published",
    ]
    assert "passages.shown" in loaded("audit", "--action", "passages.shown", "-n", "5").out
    assert loaded("audit", "--since", "2999-01-01", "--json").json()["total"] == 0
    written = loaded("audit", "--export", "--json").json()
    lines = (home / "object_store/objects" / written["object_key"]).read_text().splitlines()
    assert len(lines) == written["events"] > 1
    assert "events written to" in loaded("audit", "--export").out


def test_a_running_server_does_it_too(
    filled_home: Path, serve_here: Any, cli: Cli, home: Path
) -> None:
    shutil.copytree(filled_home, home, copy_function=copy_sparse)
    with serve_here(home):
        id = document_id(cli, "brisk.md")
        cli("documents", "delete", id, "--yes")
        assert cli("documents", "deleted", "--json").json()["total"] == 1
        assert cli("documents", "restore", id).code == 0
        assert cli("reconcile", "--json").json()["clean"] is True
        assert cli("reindex", "--json").json()["changed"] is False
        assert cli("lifecycle", "--json").json()["failed"] == 0
        assert len(cli("indexes", "list", "--json").json()["indexes"]) == 1
        actions = [row["action"] for row in cli("audit", "--json").json()["events"]]
        assert "document.restored" in actions
        assert cli("audit", "--export", "--since", "2026-01-01", "--json").json()["events"] > 2
        cli("documents", "delete", id, "--yes")
        assert cli("documents", "purge", id, "--yes").code == 0


def test_what_was_read_just_before_a_server_is_stopped_is_in_the_trail(
    filled_home: Path, serve_here: Any, cli: Cli, home: Path
) -> None:
    shutil.copytree(filled_home, home, copy_function=copy_sparse)
    with serve_here(home):
        before = cli("audit", "--action", "passages.shown", "--json").json()["total"]
        for _ in range(3):
            cli("search", "descale the kettle", "--json")
    # The server got SIGTERM at once; its last batch was not due yet.
    after = cli("audit", "--action", "passages.shown", "--json").json()["total"]
    assert after == before + 6  # two documents each
