"""The commands for sources, with and without a server that owns the home."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from cli.key_values import read_options
from cli.problems import UsageProblemError
from service.source_schemas import CrawlReport, ItemPage, SourceRead

Cli = Any
DECLARED = """
vendors:
  - name: Brisk
products:
  - sku: B-12
    vendor: Brisk
sources:
  - name: manuals
    plugin: folder
    product: B-12
    options:
      root: {root}
"""


def check_round(cli: Cli, documents: Path) -> None:
    """Set a source up, crawl it twice, look at it, remove it."""
    added = cli("sources", "add", "manuals", "-p", "folder", "-o", f"root={documents}", "--json")
    assert added.code == 0, added.err
    assert SourceRead.model_validate(added.json()).plugin == "folder"
    first = cli("sources", "crawl", "manuals", "--json")
    assert first.code == 0, first.err
    assert CrawlReport.model_validate(first.json()).fetched == 2
    second = CrawlReport.model_validate(cli("sources", "crawl", "manuals", "--json").json())
    assert (second.fetched, second.unchanged) == (0, 2)
    page = ItemPage.model_validate(cli("sources", "items", "manuals", "--json").json())
    assert sorted(item.name or "" for item in page.items) == ["brisk.md", "ovens/calder.md"]
    history = cli("sources", "history", "manuals", "--json").json()["crawls"]
    assert [crawl["unchanged"] for crawl in history] == [2, 0]
    jobs = cli("jobs", "list", "--json").json()["jobs"]
    assert {job["kind"] for job in jobs} == {"crawl"}
    changed = cli("sources", "update", "manuals", "--schedule", "0 3 * * *", "--json").json()
    assert changed["next_crawl_at"] is not None
    cleared = cli("sources", "update", "manuals", "--schedule", "none", "--json").json()
    assert cleared["next_crawl_at"] is None
    removed = cli("sources", "remove", "manuals", "--documents", "--yes", "--json").json()
    assert removed == {"name": "manuals", "documents_deleted": 2}
    assert cli("sources", "list", "--json").json() == {"sources": []}


def test_a_source_is_set_up_and_crawled_in_this_process(cli: Cli, documents: Path) -> None:
    check_round(cli, documents)


@pytest.mark.integration
def test_a_source_is_set_up_and_crawled_by_a_server(
    cli: Cli,
    home: Path,
    documents: Path,
    serve_here: Callable[[Path], AbstractContextManager[None]],
) -> None:
    home.mkdir()
    with serve_here(home):
        check_round(cli, documents)
        file = documents.parent / "sources.yaml"
        file.write_text(DECLARED.format(root=documents))
        assert cli("sources", "apply", file, "--json").json()["sources"][0]["outcome"] == "created"
        assert [v["name"] for v in cli("vendors", "list", "--json").json()["vendors"]] == ["Brisk"]


def test_a_file_declares_sources_and_again_changes_nothing(cli: Cli, documents: Path) -> None:
    file = documents.parent / "sources.yaml"
    file.write_text(DECLARED.format(root=documents))

    first = cli("sources", "apply", file, "--json").json()["sources"]
    again = cli("sources", "apply", file, "--json").json()["sources"]

    assert [put["outcome"] for put in [*first, *again]] == ["created", "unchanged"]
    assert first[0]["source"]["product"] == "B-12"
    (product,) = cli("products", "list", "--json").json()["products"]
    assert (product["sku"], product["vendor"]) == ("B-12", "Brisk")
    shown = cli("sources", "apply", file)
    assert "manuals" in shown.out and "unchanged" in shown.out


def test_people_see_tables(cli: Cli, documents: Path) -> None:
    (documents / "empty.md").write_text("")
    cli("sources", "add", "manuals", "-p", "folder", "-o", f"root={documents}")
    crawled = cli("sources", "crawl", "manuals")
    assert crawled.code == 1  # a file in quarantine is not clean
    assert "indexed 2, quarantined 1" in crawled.out
    assert "folder" in cli("sources", "list").out
    assert "indexed 2, quarantined 1" in cli("sources", "show", "manuals").out
    listed = cli("sources", "items", "manuals", "--state", "quarantined").out
    assert "quarantined" in listed and "indexed" not in listed
    assert "manual" in cli("sources", "history", "manuals").out
    assert cli("vendors", "add", "Brisk").code == 0
    assert "Brisk" in cli("vendors", "list").out
    assert cli("products", "add", "B-12", "--vendor", "Brisk").code == 0
    assert "B-12" in cli("products", "list").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "nowhere"], 4),
        (["crawl", "nowhere"], 4),
        (["show", "../etc"], 4),
        (["apply", "missing.yaml"], 4),
        (["add", "Site!", "-p", "web"], 2),
        (["add", "site", "-p", "nix"], 2),
        (["add", "site", "-p", "web", "-o", "start"], 2),
        (["add", "site", "-p", "web", "-o", "a=1", "-o", "a.b=2"], 2),
        (["add", "site", "-p", "folder", "-o", "root=.", "--window", "22"], 2),
        (["add", "site", "-p", "push", "-o", "keys.a=not-a-reference-but-a-secret-itself"], 2),
    ],
)
def test_what_cannot_work_says_why(cli: Cli, arguments: list[str], code: int) -> None:
    result = cli("sources", *arguments)
    assert result.code == code, result.err
    assert result.err.startswith("error: ")


def test_a_folder_is_the_one_that_is_meant_here(cli: Cli, documents: Path) -> None:
    added = cli("sources", "add", "manuals", "-p", "folder", "-o", "root=manuals", "--json")
    assert added.json()["options"] == {"root": str(documents)}


def test_an_upload_address_is_made(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPLOAD_SECRET", "a secret of thirty-two characters")
    added = cli("sources", "add", "p", "-p", "push", "-o", "upload_secret=env:UPLOAD_SECRET")
    assert added.code == 0, added.err
    made = cli("sources", "upload-url", "p", "manual.pdf", "--json").json()
    assert made["path"].startswith("/api/uploads/")


def test_options_are_read_as_people_write_them() -> None:
    assert read_options(
        ["start=https://a.example/", "start=https://b.example/", "max_pages=5", "keys.acme=env:K"]
    ) == {
        "start": ["https://a.example/", "https://b.example/"],
        "max_pages": 5,
        "keys": {"acme": "env:K"},
    }
    assert read_options(["include=*.md", "max_mb=", "list=[1, 2]", "url=s3://b/p"]) == {
        "include": "*.md",
        "max_mb": None,
        "list": [1, 2],
        "url": "s3://b/p",
    }
    with pytest.raises(UsageProblemError, match="is not KEY=VALUE"):
        read_options(["=5"])
