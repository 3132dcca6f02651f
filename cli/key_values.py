"""Reads options of the form KEY=VALUE from the command line."""

from collections.abc import Sequence
from typing import Any

import yaml

from cli.problems import UsageProblemError


def read_options(given: Sequence[str]) -> dict[str, Any]:
    """Return a nested mapping: dots in a key lead inwards, a value is read as YAML.

    The same key again adds to a list. An empty value removes the key (null).

    Raises:
        UsageProblemError: a word is not KEY=VALUE, or keys contradict each other.
    """
    found: dict[str, Any] = {}
    for word in given:
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise UsageProblemError(f"{word!r} is not KEY=VALUE, such as max_pages=200")
        _set(found, key.split("."), _value(value), word)
    return found


def _value(text: str) -> Any:
    if text.startswith(("env:", "file:")):
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text  # such as a pattern that begins with an asterisk


def _set(target: dict[str, Any], steps: Sequence[str], value: Any, word: str) -> None:
    for step in steps[:-1]:
        target = target.setdefault(step, {})
        if not isinstance(target, dict):
            raise UsageProblemError(f"{word!r}: {step} has a value already")
    last = steps[-1]
    if last not in target:
        target[last] = value
        return
    before = target[last]
    if isinstance(before, dict) or isinstance(value, dict):
        raise UsageProblemError(f"{word!r}: {last} has a value already")
    listed = before if isinstance(before, list) else [before]
    target[last] = [*listed, *(value if isinstance(value, list) else [value])]
