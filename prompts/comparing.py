"""Finds templates in a folder, and compares two of them."""

from difflib import unified_diff
from pathlib import Path

from prompts.catalogue import source_path
from prompts.errors import PromptNotFoundError


def templates(
    folder: Path, name: str | None = None, version: str | None = None
) -> list[tuple[str, str]]:
    """List names and versions of the templates in a folder, sorted; both may be narrowed down.

    Raises:
        PromptNotFoundError: there is none.
    """
    found = sorted(
        (path.parent.name, path.stem)
        for path in folder.glob("*/*.poml")
        if name in (None, path.parent.name) and version in (None, path.stem)
    )
    if not found:
        wanted = f"{name or '*'}/{version or '*'}.poml"
        raise PromptNotFoundError(f"there is no template {folder / wanted}")
    return found


def compare(folder: Path, name: str, old: str, new: str) -> list[str]:
    """Return a unified diff of two versions' templates, line by line without line ends.

    Raises:
        PromptNotFoundError: there is no such template.
    """
    before, after = (_lines(folder, name, version) for version in (old, new))
    labels = f"{name}/{old}.poml", f"{name}/{new}.poml"
    return list(unified_diff(before, after, *labels, lineterm=""))


def _lines(folder: Path, name: str, version: str) -> list[str]:
    templates(folder, name, version)
    return source_path(folder, name, version).read_text("utf-8").splitlines()
