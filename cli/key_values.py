"""Reads options of the form KEY=VALUE from the command line."""

from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from cli.problems import UsageProblemError
from service.guard_schemas import GuardsBody


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


def read_guards(
    given: Sequence[str], topics: Sequence[str] | None, *, forget: bool
) -> GuardsBody | None:
    """Return the change of guards that options ask for; None for none.

    Raises:
        UsageProblemError: a word is not FAMILY=ACTION, or names no such family or action.
    """
    if not given and not topics and not forget:
        return None
    changes: dict[str, Any] = {}
    for word in given:
        family, sign, action = word.partition("=")
        if not sign:
            raise UsageProblemError(f"{word!r} is not FAMILY=ACTION, such as pii=redact")
        changes[family.strip()] = action.strip() or None
    body: dict[str, Any] = {"policies": changes} if changes else {}
    if topics or forget:
        body["topics"] = list(topics or ())
    try:
        return GuardsBody.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UsageProblemError(f"{key}: {first['msg']}") from error
