"""Reads the values of a prompt's inputs from the command line; a value is text, never YAML."""

from collections.abc import Sequence
from pathlib import Path

from cli.problems import UsageProblemError


def read_values(given: Sequence[str], files: Sequence[str]) -> dict[str, str]:
    """Return the value of each input; `given` are INPUT=TEXT, `files` are INPUT=PATH.

    Raises:
        UsageProblemError: a word has no `=`, an input has two values, or a file cannot be read.
    """
    values: dict[str, str] = {}
    for word in given:
        name, text = _split(word, values)
        values[name] = text
    for word in files:
        name, path = _split(word, values)
        values[name] = _read(Path(path))
    return values


def _split(word: str, known: dict[str, str]) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    if not sign or not name:
        raise UsageProblemError(f"{word!r} is not INPUT=VALUE, such as question='How much?'")
    if name in known:
        raise UsageProblemError(f"{name} has a value already")
    return name, value


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblemError(f"{path} cannot be read: {error}") from error
