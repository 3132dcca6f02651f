"""The compiled prompts in memory: what the graphs ask for."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Final

import structlog

from prompts.compiled import Compiled, read_compiled, sha256_of
from prompts.errors import CatalogueError, PromptNotFoundError
from prompts.manifest import FILE, Manifest, State, VersionEntry, find, read_manifest
from prompts.pinning import pinned_version
from prompts.rendering import Prompt

FOLDER: Final = Path(__file__).parent
"""Where the service's own prompts lie."""
LOOK_EVERY_S: Final = 2.0
"""How often a loaded catalogue looks at its file; a look takes some microseconds."""
Fits = Callable[[Manifest], None]
"""Raises a `CatalogueError` when prompts are not those that somebody can use."""
Stamp = tuple[int, int, int]
"""Time, size and inode: what tells one state of the catalogue's file from another."""
log = structlog.get_logger(__name__)


def source_path(folder: Path, name: str, version: str) -> Path:
    """Return where a version's template lies."""
    return folder / name / f"{version}.poml"


def compiled_path(folder: Path, name: str, version: str) -> Path:
    """Return where a version's compiled file lies."""
    return folder / "compiled" / name / f"{version}.json"


class Catalogue:
    """Prompts by name and version, in memory."""

    def __init__(
        self,
        manifest: Manifest,
        prompts: Mapping[tuple[str, str], Prompt],
        *,
        watched: Path | None = None,
        stamp: Stamp | None = None,
        fits: Fits | None = None,
    ) -> None:
        self.manifest = manifest
        self._prompts = dict(prompts)
        self._watched = watched
        self._stamp = stamp
        self._fits = fits
        self._look_again = 0.0

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Catalogue":
        """Read the catalogue and every compiled file, and compare their hashes.

        A folder is read once in a process: later calls return the same object. It looks every
        few seconds whether `catalog.toml` has changed, so that a promotion or a rollback reaches
        a running server. The first call takes some milliseconds.

        Raises:
            CatalogueError: something is missing, broken or was changed after its release.
        """
        return _load(folder.resolve())

    @classmethod
    def read(cls, folder: Path, *, watch: bool = False, fits: Fits | None = None) -> "Catalogue":
        """Do as `load`, from the disk each time; without `watch` it stays as it is.

        `fits` looks at what was read, also when it is read again.

        A draft that is broken is left out: it cannot stop a service that does not use it.
        """
        stamp = _stamp(folder)
        manifest = read_manifest(folder)
        prompts = {}
        for name, entry in manifest.items():
            for version, each in entry.versions.items():
                prompt = _prompt(folder, name, version, each)
                if prompt is not None:
                    prompts[name, version] = prompt
            if entry.active and entry.versions[entry.active].state is not State.RELEASED:
                raise CatalogueError(
                    f"{folder / FILE}: {name}.active: {entry.active} is not released"
                )
        if fits is not None:
            fits(manifest)
        return cls(manifest, prompts, watched=folder if watch else None, stamp=stamp, fits=fits)

    def get(self, name: str, version: str | None = None) -> Prompt:
        """Return a prompt's active version, or the one that is named (a draft, too).

        Raises:
            PromptNotFoundError: there is no such prompt or version, none is active, or a draft
                has to be compiled again.
        """
        self.refresh()
        entry = find(self.manifest, name)
        if version is None and not entry.active:
            raise PromptNotFoundError(
                f"prompt {name} has no active version; cicerone prompts promote makes one"
            )
        wanted = version or pinned_version(name) or entry.active
        entry.version(name, wanted)
        found = self._prompts.get((name, wanted))
        if found is None:
            raise PromptNotFoundError(
                f"the draft {name} {wanted} has to be compiled again: "
                f"cicerone prompts compile {name} {wanted}"
            )
        return found

    def refresh(self) -> None:
        """Read a changed catalogue, if it is time to look.

        One that is not in order leaves the last good one in use.
        """
        now = monotonic()
        if self._watched is None or now < self._look_again:
            return
        self._look_again = now + LOOK_EVERY_S
        stamp = _stamp(self._watched)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            fresh = Catalogue.read(self._watched, fits=self._fits)
        except CatalogueError as error:
            log.warning("prompts.not_reloaded", error=str(error))
            return
        self.manifest, self._prompts = fresh.manifest, fresh._prompts
        active = {name: entry.active for name, entry in self.manifest.items()}
        log.info("prompts.reloaded", active=active)


@lru_cache(maxsize=8)
def _load(folder: Path) -> Catalogue:
    return Catalogue.read(folder, watch=True)


def _stamp(folder: Path) -> Stamp | None:
    try:
        found = (folder / FILE).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _prompt(folder: Path, name: str, version: str, entry: VersionEntry) -> Prompt | None:
    try:
        return Prompt(_compiled(folder, name, version, entry))
    except CatalogueError:
        if entry.state is State.RELEASED:
            raise
        return None


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
