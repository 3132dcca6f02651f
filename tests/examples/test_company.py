from pathlib import Path

import pytest

from examples.company import SAMPLE_COLLECTION, sample_manuals

pytestmark = pytest.mark.integration


def test_the_manuals_are_rendered_on_first_use_only(
    tmp_path: Path, manuals: dict[str, Path]
) -> None:
    first = sample_manuals(tmp_path)
    written = [file.stat().st_mtime_ns for file in first]
    second = sample_manuals(tmp_path)

    assert [file.name for file in first] == sorted(manuals)
    assert second == first
    assert [file.stat().st_mtime_ns for file in second] == written


def test_an_upgrade_renders_again_and_removes_what_is_gone(tmp_path: Path) -> None:
    first = sample_manuals(tmp_path)
    folder = first[0].parent
    original = first[0].read_bytes()
    first[0].write_bytes(b"old")
    (folder / "withdrawn.pdf").write_bytes(b"old")
    (folder / ".rendered").write_text("another version")

    assert sample_manuals(tmp_path) == first
    assert first[0].read_bytes() == original
    assert not (folder / "withdrawn.pdf").exists()


def test_the_collection_has_a_name_that_requests_accept() -> None:
    assert SAMPLE_COLLECTION == "sample"
