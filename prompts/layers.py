"""A team's own prompts above those of the service."""

from functools import lru_cache
from pathlib import Path

from prompts.catalogue import FOLDER, Catalogue
from prompts.errors import CatalogueError
from prompts.manifest import FILE, Manifest, PromptEntry, VersionEntry
from prompts.pinning import pinned_version
from prompts.rendering import Prompt


class LayeredCatalogue(Catalogue):
    """Prompts of a team's own where it has an active version, and else those of the service.

    A version that is named and that the team does not have is the service's: what was recorded
    before the team had any can still be run again.
    """

    def __init__(self, own: Catalogue, shipped: Catalogue) -> None:
        self._own = own
        self._shipped = shipped

    @classmethod
    def over(cls, folder: Path, shipped: Catalogue) -> "LayeredCatalogue":
        """Read a team's folder, which is watched as `Catalogue.load` does.

        Raises:
            CatalogueError: something in it is broken, was changed after its release, or does not
                fit what the code asks for.
        """

        def fits(manifest: Manifest) -> None:
            require_fit(folder, manifest, shipped.manifest)

        return cls(Catalogue.read(folder, watch=True, fits=fits), shipped)

    @property
    def manifest(self) -> Manifest:  # type: ignore[override]
        """The prompts by name, each of the layer that is in use."""
        own = {name: entry for name, entry in self._own.manifest.items() if entry.active}
        return {**self._shipped.manifest, **own}

    def get(self, name: str, version: str | None = None) -> Prompt:
        """Return a prompt's active version, or the one that is named.

        Raises:
            PromptNotFoundError: neither layer has it.
        """
        self._own.refresh()
        entry = self._own.manifest.get(name)
        if entry is not None:
            wanted = version or pinned_version(name) or entry.active
            if wanted in entry.versions:
                return self._own.get(name, wanted)
        return self._shipped.get(name, version)


@lru_cache(maxsize=8)
def layered(folder: Path) -> Catalogue:
    """Return the prompts of a folder above the service's own, read once in a process.

    Raises:
        CatalogueError: the folder is not in order.
    """
    return LayeredCatalogue.over(folder.resolve(), Catalogue.load(FOLDER))


def require_fit(folder: Path, own: Manifest, shipped: Manifest) -> None:
    """Refuse prompts that the code does not ask for, or asks for otherwise.

    Raises:
        CatalogueError: saying which, and what it must have.
    """
    for name, entry in own.items():
        known = shipped.get(name)
        if known is None:
            names = ", ".join(shipped)
            raise CatalogueError(
                f"{folder / FILE}: nothing asks for a prompt {name!r}; there are {names}"
            )
        if entry.active:
            _require_shape(folder, name, _active(entry), _active(known))


def _require_shape(folder: Path, name: str, own: VersionEntry, shipped: VersionEntry) -> None:
    for what in ("inputs", "flags", "output"):
        given, wanted = set(getattr(own, what)), set(getattr(shipped, what))
        if given != wanted:
            raise CatalogueError(
                f"{folder / FILE}: {name}: its {what} must be "
                f"{', '.join(sorted(wanted)) or 'none'}, not {', '.join(sorted(given)) or 'none'}: "
                "the code fills it in and reads the reply"
            )


def _active(entry: PromptEntry) -> VersionEntry:
    return entry.versions[entry.active]
