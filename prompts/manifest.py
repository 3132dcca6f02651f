"""`catalog.toml`: which versions there are, which one is active, and which ones were.

The file is written by `cicerone prompts`, in one form, so that a change shows as one change.
"""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, Final

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from prompts.errors import CatalogueError, PromptNotFoundError

FILE: Final = "catalog.toml"
_HEAD: Final = """\
# The prompts of the service. Written by `cicerone prompts`; `purpose`, `eval` and the notes are
# yours to edit, the rest changes with compile, release, promote and rollback.
"""
_LOCK_TIMEOUT_S: Final = 60.0
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class State(StrEnum):
    """A draft may change; what is released never does."""

    DRAFT = "draft"
    RELEASED = "released"


class Move(StrEnum):
    """How a version became the active one."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VersionEntry(_Record):
    """One version: hashes of its template and its compiled file, and what it declares.

    `inputs` are strings, `flags` booleans, `output` the fields of the JSON object that the
    model must answer with (none: the answer is text).
    """

    state: State
    sha256: Hash
    compiled_sha256: Hash
    inputs: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    note: str = ""


class Promotion(_Record):
    """A change of the active version; `at` is aware."""

    version: str
    move: Move
    at: datetime
    note: str = ""


class PromptEntry(_Record):
    """A prompt: what it is for, the evaluation that covers it, its versions and their history."""

    purpose: str = ""
    eval: str = ""
    active: str = ""
    versions: Mapping[str, VersionEntry] = Field(default_factory=dict)
    promotions: tuple[Promotion, ...] = ()

    def version(self, name: str, version: str) -> VersionEntry:
        """Return a version.

        Raises:
            PromptNotFoundError: there is none of that name.
        """
        found = self.versions.get(version)
        if found is None:
            known = ", ".join(self.versions) or "none"
            raise PromptNotFoundError(f"prompt {name} has no version {version!r}; it has {known}")
        return found

    def earlier(self) -> tuple[str, ...]:
        """Return the versions that a rollback would bring back, the nearest last."""
        stack: list[str] = []
        for each in self.promotions:
            if each.move is Move.PROMOTE:
                stack.append(each.version)
            elif stack:
                stack.pop()
        return tuple(stack[:-1])


Manifest = dict[str, PromptEntry]
"""The prompts by name, in the order of the file."""


def read_manifest(folder: Path) -> Manifest:
    """Read `catalog.toml` of a folder.

    Raises:
        CatalogueError: it is missing, is no TOML or holds what it must not.
    """
    path = folder / FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise CatalogueError(f"there is no {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    manifest = {name: _entry(path, name, value) for name, value in raw.items()}
    for name, entry in manifest.items():
        if entry.active and entry.active not in entry.versions:
            raise CatalogueError(f"{path}: {name}.active: there is no version {entry.active!r}")
    return manifest


def _entry(path: Path, name: str, value: object) -> PromptEntry:
    try:
        return PromptEntry.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join((name, *map(str, first["loc"])))
        raise CatalogueError(f"{path}: {where}: {first['msg']}") from error


def find(manifest: Mapping[str, PromptEntry], name: str) -> PromptEntry:
    """Return a prompt.

    Raises:
        PromptNotFoundError: there is none of that name.
    """
    found = manifest.get(name)
    if found is None:
        raise PromptNotFoundError(f"no prompt {name!r}; there are {', '.join(manifest) or 'none'}")
    return found


@contextmanager
def editing(folder: Path) -> Iterator[Manifest]:
    """Hold the catalogue while it is changed; written in one step when the block ends well.

    Raises:
        CatalogueError: it cannot be read, or the folder cannot be written.
    """
    try:
        with FileLock(folder / ".catalog.lock", timeout=_LOCK_TIMEOUT_S):
            manifest = read_manifest(folder) if (folder / FILE).exists() else {}
            before = dict(manifest)
            yield manifest
            if manifest != before or not (folder / FILE).exists():
                replace_file(folder / FILE, write_manifest(manifest).encode())
    except OSError as error:
        raise CatalogueError(
            f"{folder} cannot be written ({error}); prompts are changed where their sources are"
        ) from error


def replace_file(path: Path, data: bytes) -> None:
    """Write a file in one step: readers see the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    # A temporary file is its owner's alone; the catalogue is read by whoever runs the service.
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def write_manifest(manifest: Mapping[str, PromptEntry]) -> str:
    """Return the catalogue as TOML."""
    blocks = [_HEAD]
    for name, entry in manifest.items():
        blocks.append(
            _table(name, {"purpose": entry.purpose, "eval": entry.eval, "active": entry.active})
        )
        for version, each in entry.versions.items():
            blocks.append(_table(f"{name}.versions.{version}", each.model_dump()))
        blocks.extend(
            _table(f"{name}.promotions", each.model_dump(), many=True) for each in entry.promotions
        )
    return "\n".join(blocks)


def _table(head: str, values: Mapping[str, Any], *, many: bool = False) -> str:
    lines = [f"[[{head}]]" if many else f"[{head}]"]
    lines += [f"{key} = {_value(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    # A basic string of TOML is written like one of JSON, save for DEL.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
