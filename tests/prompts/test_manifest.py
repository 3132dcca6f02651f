from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.errors import CatalogueError, PromptNotFoundError
from prompts.manifest import (
    FILE,
    Manifest,
    Move,
    Promotion,
    PromptEntry,
    State,
    VersionEntry,
    editing,
    find,
    read_manifest,
    write_manifest,
)


def entry(
    note: str = "", active: str = "v1", moves: tuple[tuple[str, Move], ...] = ()
) -> PromptEntry:
    version = VersionEntry(
        state=State.RELEASED,
        sha256="a" * 64,
        compiled_sha256="b" * 64,
        inputs=("question",),
        flags=("brief",),
        note=note,
    )
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    return PromptEntry(
        purpose=note,
        active="v1",
        versions={"v1": version, "v2": version, "v3": version},
        promotions=tuple(Promotion(version=v, move=m, at=at, note=note) for v, m in moves),
    )


@given(note=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_written_is_read_again(note: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("catalogue")
    manifest: Manifest = {"greet": entry(note, moves=(("v1", Move.PROMOTE),))}
    (folder / FILE).write_bytes(write_manifest(manifest).encode())

    assert read_manifest(folder) == manifest


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[greet", "catalog.toml: Expected"),
        ('[greet]\ncurrent = "v1"', "greet.current"),
        ('[greet]\nactive = "v9"', "greet.active: there is no version 'v9'"),
        ('[greet.versions.v1]\nstate = "final"', "greet.versions.v1.state"),
        ('[greet.versions.v1]\nstate="draft"\nsha256="x"\ncompiled_sha256="y"', "sha256"),
    ],
)
def test_a_broken_catalogue_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(CatalogueError) as refused:
        read_manifest(tmp_path)
    assert str(tmp_path / FILE) in str(refused.value)
    assert reason in str(refused.value)


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=FILE):
        read_manifest(tmp_path)


def test_what_is_not_there_names_what_is() -> None:
    manifest = {"greet": entry()}
    with pytest.raises(PromptNotFoundError, match="there are greet"):
        find(manifest, "great")
    with pytest.raises(PromptNotFoundError, match="it has v1, v2, v3"):
        find(manifest, "greet").version("greet", "v9")


UP, DOWN = Move.PROMOTE, Move.ROLLBACK


@pytest.mark.parametrize(
    ("moves", "earlier"),
    [
        ((), ()),
        ((("v1", UP),), ()),
        ((("v1", UP), ("v2", UP), ("v3", UP)), ("v1", "v2")),
        ((("v1", UP), ("v2", UP), ("v3", UP), ("v2", DOWN)), ("v1",)),
        ((("v1", UP), ("v2", UP), ("v3", UP), ("v2", DOWN), ("v1", DOWN)), ()),
        ((("v1", UP), ("v2", UP), ("v1", DOWN), ("v3", UP)), ("v1",)),
    ],
)
def test_rolling_back_twice_goes_back_two_promotions(
    moves: tuple[tuple[str, Move], ...], earlier: tuple[str, ...]
) -> None:
    assert entry(moves=moves).earlier() == earlier


def test_a_failed_edit_changes_nothing(tmp_path: Path) -> None:
    with editing(tmp_path) as manifest:
        manifest["greet"] = entry()
    before = (tmp_path / FILE).read_bytes()

    with pytest.raises(RuntimeError), editing(tmp_path) as manifest:
        manifest["other"] = entry()
        raise RuntimeError("no")

    assert (tmp_path / FILE).read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [".catalog.lock", FILE]


def test_editing_nothing_leaves_the_file_alone(tmp_path: Path) -> None:
    with editing(tmp_path) as manifest:
        manifest["greet"] = entry()
    text = (tmp_path / FILE).read_text() + "# a remark\n"
    (tmp_path / FILE).write_text(text)

    with editing(tmp_path):
        pass

    assert (tmp_path / FILE).read_text() == text


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(CatalogueError, match="cannot be written"), editing(tmp_path / "taken"):
        pass
