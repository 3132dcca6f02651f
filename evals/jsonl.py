"""Reads files of one JSON object a line, with errors that name the line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from evals.errors import DatasetError, DatasetNotFoundError

RowT = TypeVar("RowT", bound=BaseModel)


def read_rows(path: Path, row_type: type[RowT]) -> Iterator[RowT]:
    """Yield the rows of a JSONL file in order; blank lines are skipped.

    Raises:
        DatasetNotFoundError: there is no such file.
        DatasetError: a line is not a JSON object of `row_type`, or not UTF-8.
    """
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            yield _parse(path, number, line, row_type)


def read_lines(path: Path) -> list[str]:
    """Read a UTF-8 text file as lines; only line feeds end a line.

    Raises:
        DatasetNotFoundError: there is no such file.
        DatasetError: the file is not UTF-8 or cannot be read.
    """
    if not path.is_file():
        raise DatasetNotFoundError(f"{path} is not a file")
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8: byte {error.start}") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error


def _parse(path: Path, number: int, line: str, row_type: type[RowT]) -> RowT:
    try:
        return row_type.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}, line {number}: not JSON: {error.msg}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the line"
        raise DatasetError(f"{path}, line {number}: {key}: {first['msg']}") from error
