"""Finds the files to ingest and gives each the name it will be cited by."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.filenames import clean_source
from cli.problems import Problem, ProblemError, UsageProblemError


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file, and the name it is cited by: its path below the folder that was given."""

    source: str
    path: Path


def find_files(paths: Sequence[str]) -> list[LocalFile]:
    """List regular files in order; folders are walked, sorted, without hidden entries.

    Raises:
        ProblemError: a path does not exist or cannot be read.
        UsageProblemError: two files would be cited by one name.
    """
    found: dict[str, LocalFile] = {}
    for path in map(_existing, paths):
        for file in sorted(_below(path), key=lambda file: file.source):
            other = found.setdefault(file.source, file)
            if other.path.resolve() != file.path.resolve():
                raise UsageProblemError(
                    f"{other.path} and {file.path} would both be cited as {file.source!r}; "
                    "ingest the folder that holds both, or use two collections"
                )
    return list(found.values())


def _existing(text: str) -> Path:
    if "\0" in text:
        raise UsageProblemError("a path holds a NUL character")
    path = Path(text)
    try:
        path.stat()
    except OSError as error:
        raise ProblemError(_missing(text, error)) from error
    if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
        raise UsageProblemError(f"the folder {text} cannot be read")
    if not path.is_dir() and not path.is_file():
        raise UsageProblemError(f"{text} is neither a file nor a folder")
    return path


def _missing(text: str, error: OSError) -> Problem:
    return Problem(
        type="/problems/path-not-found",
        title="No such file or folder",
        status=404,
        detail=f"{text}: {error.strerror}",
    )


def _below(path: Path) -> Iterator[LocalFile]:
    if not path.is_dir():
        yield LocalFile(_citable(path.name), path)
        return
    for folder, names, files in os.walk(path):
        names[:] = filter(_visible, names)
        for name in filter(_visible, files):
            file = Path(folder, name)
            if file.is_file():
                yield LocalFile(_citable(file.relative_to(path).as_posix()), file)


def _visible(name: str) -> bool:
    return not name.startswith(".")


def _citable(path: str) -> str:
    """Return the name that a server would give it; bytes that are not UTF-8 are replaced."""
    return clean_source(os.fsencode(path).decode("utf-8", "replace"))


def batches(
    files: Iterable[LocalFile], *, max_files: int, max_bytes: int
) -> Iterator[list[LocalFile]]:
    """Cut the list into uploads; a file larger than `max_bytes` goes alone."""
    batch: list[LocalFile] = []
    size = 0
    for file in files:
        length = file.path.stat().st_size
        if batch and (len(batch) == max_files or size + length > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += length
    if batch:
        yield batch
