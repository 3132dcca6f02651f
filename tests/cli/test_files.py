"""Which files an ingestion takes, and what they are called."""

import os
from pathlib import Path

import pytest

from cli.files import LocalFile, batches, find_files
from cli.problems import ProblemError, UsageProblemError


def names(*paths: Path) -> list[str]:
    return [file.source for file in find_files([str(path) for path in paths])]


def test_a_folder_is_walked_in_order_without_hidden_entries(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.md", "a/.secret", ".git/config", "a/b/c.pdf", ".hidden.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(tmp_path) == ["a/b/c.pdf", "a/z.md", "b.md"]


def test_a_file_is_called_by_its_name_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".guide.md").write_text("x")
    assert names(tmp_path / "deep" / ".." / "deep" / ".guide.md") == ["guide.md"]


def test_a_file_given_twice_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    assert names(tmp_path, tmp_path / "a.md", tmp_path / ".") == ["a.md"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.md").write_text(folder)
    with pytest.raises(UsageProblemError, match=r"would both be cited as 'a\.md'"):
        find_files([str(tmp_path / "one"), str(tmp_path / "two")])


def test_what_is_not_a_file_is_left_out_or_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a.md").write_text("x")
    assert names(tmp_path) == ["a.md"]
    with pytest.raises(UsageProblemError, match="neither a file nor a folder"):
        find_files([str(tmp_path / "pipe")])


@pytest.mark.parametrize("path", ["missing", "missing/below", "x" * 5000])
def test_a_missing_path_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(ProblemError) as caught:
        find_files([str(tmp_path / path)])
    assert caught.value.problem.exit_code == 4
    assert path in caught.value.problem.detail


def test_a_nul_character_is_refused() -> None:
    with pytest.raises(UsageProblemError, match="NUL"):
        find_files(["a\0b"])


def test_a_name_that_is_not_utf8_becomes_text(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.md", "w") as stream:
        stream.write("x")
    (found,) = find_files([str(tmp_path)])
    assert found.source == "caf\ufffd.md"
    assert found.path.read_text() == "x"


def test_batches_are_cut_by_number_and_size(tmp_path: Path) -> None:
    files = []
    for number, size in enumerate([4, 4, 4, 30, 1, 1]):
        path = tmp_path / str(number)
        path.write_bytes(b"x" * size)
        files.append(LocalFile(str(number), path))
    cut = [[file.source for file in batch] for batch in batches(files, max_files=2, max_bytes=9)]
    assert cut == [["0", "1"], ["2"], ["3"], ["4", "5"]]
    assert list(batches([], max_files=2, max_bytes=9)) == []
