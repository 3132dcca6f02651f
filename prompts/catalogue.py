"""The compiled prompts in memory: what the graphs ask for."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from prompts.compiled import Compiled, read_compiled, sha256_of
from prompts.errors import CatalogueError, PromptNotFoundError
from prompts.manifest import FILE, Manifest, State, VersionEntry, find, read_manifest
from prompts.rendering import Prompt

FOLDER: Final = Path(__file__).parent
"""Where the service's own prompts lie."""


def source_path(folder: Path, name: str, version: str) -> Path:
    """Return where a version's template lies."""
    return folder / name / f"{version}.poml"


def compiled_path(folder: Path, name: str, version: str) -> Path:
    """Return where a version's compiled file lies."""
    return folder / "compiled" / name / f"{version}.json"


class Catalogue:
    """Prompts by name and version; nothing is read from disk once it is loaded."""

    def __init__(self, manifest: Manifest, prompts: Mapping[tuple[str, str], Prompt]) -> None:
        self.manifest = manifest
        self._prompts = dict(prompts)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Catalogue":
        """Read the catalogue and every compiled file, and compare their hashes.

        A folder is read once in a process: later calls return what the first has read, and a
        promotion reaches a server when it starts the next time. Takes some milliseconds.

        Raises:
            CatalogueError: something is missing, broken or was changed after its release.
        """
        return _load(folder.resolve())

    @classmethod
    def read(cls, folder: Path) -> "Catalogue":
        """Do as `load`, from the disk each time."""
        manifest = read_manifest(folder)
        prompts = {
            (name, version): Prompt(_compiled(folder, name, version, each))
            for name, entry in manifest.items()
            for version, each in entry.versions.items()
        }
        for name, entry in manifest.items():
            if entry.active and entry.versions[entry.active].state is not State.RELEASED:
                raise CatalogueError(
                    f"{folder / FILE}: {name}.active: {entry.active} is not released"
                )
        return cls(manifest, prompts)

    def get(self, name: str, version: str | None = None) -> Prompt:
        """Return a prompt's active version, or the one that is named (a draft, too).

        Raises:
            PromptNotFoundError: there is no such prompt or version, or none is active.
        """
        entry = find(self.manifest, name)
        if version is None and not entry.active:
            raise PromptNotFoundError(
                f"prompt {name} has no active version; cicerone prompts promote makes one"
            )
        wanted = version or entry.active
        entry.version(name, wanted)
        return self._prompts[name, wanted]


@lru_cache(maxsize=8)
def _load(folder: Path) -> Catalogue:
    return Catalogue.read(folder)


def _compiled(folder: Path, name: str, version: str, entry: VersionEntry) -> Compiled:
    path = compiled_path(folder, name, version)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise CatalogueError(f"{path} is missing; cicerone prompts compile makes it") from error
    if sha256_of(data) != entry.compiled_sha256:
        raise CatalogueError(
            f"{path} is not what {FILE} says; bring the file back, or compile it again"
        )
    compiled = read_compiled(data, str(path))
    said = (compiled.name, compiled.version, compiled.source_sha256)
    if said != (name, version, entry.sha256):
        raise CatalogueError(f"{path} belongs to another template than {FILE} says")
    return compiled
