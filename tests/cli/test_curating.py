"""Licences, quarantine and related documents on the command line, with and without a server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

Cli = Any
Serve = Callable[..., AbstractContextManager[None]]
GARBLED = ("Spülen Sie die Küchenmaschine gründlich. " * 20).encode().decode("cp1252")
STEPS = "".join(
    f"Step {n}: open valve {n}, wait until lamp {n} lights, and close valve {n} again.\n\n"
    for n in range(20)
)


@pytest.fixture(params=["alone", "served"])
def both(
    request: pytest.FixtureRequest, loaded: Cli, home: Path, serve_here: Serve
) -> Iterator[Cli]:
    """The command over a home with two manuals, without and with a server."""
    if request.param == "alone":
        yield loaded
        return
    with serve_here(home):
        yield loaded


def document_of(cli: Cli, source: str) -> dict[str, Any]:
    listed = cli("documents", "list", "--json").json()["documents"]
    found: dict[str, Any] = next(row for row in listed if row["source"] == source)
    return found


def sources(cli: Cli) -> set[str]:
    found = cli("search", "descale the kettle", "-k", "20", "--json").json()
    return {hit["source"] for hit in found["hits"]}


def test_a_licence_decides_what_answers(both: Cli) -> None:
    cli = both
    made = cli("licences", "add", "closed", "--allow", "index", "--expires", "2099-01-31", "--json")
    assert made.code == 0
    assert made.json()["expires_at"] == "2099-01-31T00:00:00Z"
    assert "closed" in cli("licences", "list").out
    brisk = document_of(cli, "brisk.md")["document_id"]
    assert "brisk.md" in sources(cli)

    assert cli("licences", "set", "closed", "--document", brisk).code == 0

    assert "brisk.md" not in sources(cli)
    report = cli("licences", "report", "--json").json()
    assert {row["licence"]: row["answering"] for row in report["licences"]} == {
        "closed": 0,
        None: 1,
    }
    assert "(none)" in cli("licences", "report").out
    assert cli("licences", "show", brisk, "--json").json()["origin"] == "document"
    assert cli("licences", "set", "--none", "--document", brisk).code == 0
    assert "brisk.md" in sources(cli)


def test_an_exclusion_is_made_listed_and_removed(both: Cli) -> None:
    cli = both
    made = cli("licences", "exclude", "source", "bri*", "--reason", "not ours", "--json").json()
    assert "brisk.md" not in sources(cli)
    assert "not ours" in cli("licences", "exclusions").out
    assert "not ours" in cli("licences", "report").out

    assert cli("licences", "include", made["exclusion_id"]).code == 0

    assert "brisk.md" in sources(cli)
    assert cli("licences", "include", made["exclusion_id"]).code == 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["licences", "set", "-c", "default"], 2),
        (["licences", "set", "x", "--none", "-c", "default"], 2),
        (["licences", "set", "unknown", "-c", "default"], 4),
        (["licences", "add", "x", "--allow", "everything"], 2),
        (["licences", "show", "../x"], 4),
        (["licences", "include", "../x"], 4),
        (["quarantine", "show", "../x"], 4),
        (["quarantine", "release", "8c5e"], 4),
        (["quarantine", "drop", "8c5e", "--yes"], 4),
        (["documents", "related", "8c5e"], 4),
        (["documents", "set", "8c5e", "--public"], 4),
        (["collections", "set-policy", "nowhere", "skip"], 4),
        (["collections", "set-policy", "NO", "skip"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_has_its_exit_code(loaded: Cli, arguments: list[str], code: int) -> None:
    result = loaded(*arguments)

    assert result.code == code, result.err
    assert result.err.startswith("error: ")


def test_a_file_in_quarantine_is_shown_and_released(both: Cli, tmp_path: Path) -> None:
    cli = both
    (tmp_path / "kern.md").write_text(GARBLED, encoding="utf-8")
    assert cli("ingest", tmp_path / "kern.md").code == 1
    [waiting] = cli("quarantine", "list", "--reason", "garbled", "--json").json()["documents"]
    assert "kern.md" in cli("quarantine", "list").out
    assert "release the file" in cli("quarantine", "show", waiting["document_id"]).out

    released = cli("quarantine", "release", waiting["document_id"])

    assert (released.code, released.out.strip()) == (0, "kern.md: indexed.")
    assert cli("quarantine", "list", "--json").json()["total"] == 0


def test_a_file_in_quarantine_is_replaced_or_dropped(both: Cli, tmp_path: Path) -> None:
    cli = both
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("")
        cli("ingest", tmp_path / name)
    first, second = (document_of(cli, name)["document_id"] for name in ("a.md", "b.md"))
    assert cli("quarantine", "release", first).code != 0
    (tmp_path / "full.md").write_text("# Full\n\nThis one has words.\n")

    replaced = cli("quarantine", "replace", first, tmp_path / "full.md", "--json")
    assert replaced.json()["result"]["documents"][0]["status"] == "indexed"
    assert cli("quarantine", "drop", second, "--yes").code == 0

    assert (tmp_path / "full.md").exists()
    assert document_of(cli, "a.md")["version"] == 2
    assert cli("quarantine", "list", "--json").json() == {"documents": [], "total": 0}


def test_editions_are_related_and_the_policy_chooses(both: Cli, tmp_path: Path) -> None:
    cli = both
    for n in (1, 2):
        path = tmp_path / f"pump_v{n}.md"
        path.write_text(f"# Pump\n\nVersion {n}\n\n{STEPS}")
        assert cli("ingest", path).code == 0
    older, newer = (document_of(cli, f"pump_v{n}.md")["document_id"] for n in (1, 2))

    [related] = cli("documents", "related", older, "--json").json()["related"]
    assert (related["document_id"], related["kind"]) == (newer, "revision")
    assert "pump_v2.md" in cli("documents", "related", older).out
    changed = cli("collections", "set-policy", "default", "keep_newest", "--json").json()

    assert changed["duplicate_policy"] == "keep_newest"
    assert document_of(cli, "pump_v1.md")["superseded_by"] == newer
    assert "keep_newest" in cli("collections", "list").out


def test_a_document_is_made_public(both: Cli) -> None:
    cli = both
    brisk = document_of(cli, "brisk.md")["document_id"]

    changed = cli("documents", "set", brisk, "--public", "--product", "BRISK-12", "--json").json()

    assert (changed["is_public"], changed["product"]) == (True, "BRISK-12")
    key = cli("keys", "create", "website", "--public", "--json").json()
    assert (key["audience"], key["role"]) == ("public", "reader")
