"""The model as ONNX Runtime optimises it, kept so that the next process need not do it again.

It loads in a third of the time. Its weights lie in a file of their own, which is mapped into
memory instead of read: a session takes half the memory, and a second one shares the first's.
"""

import shutil
import tempfile
from pathlib import Path

import onnxruntime as ort
import structlog

from providers.embedder.model_folder import WEIGHTS

FOLDER = "optimised"
_DATA = "weights.bin"
_SMALLEST = 1024
"""Bytes from which a tensor goes into the file of its own."""
_ERRORS_ONLY = 3
"""Severity for ONNX Runtime's log; it warns of each graph that it saves."""

log = structlog.get_logger(__name__)


class NotOptimisedError(Exception):
    """ONNX Runtime could not make or write the copy."""


def optimised(weights: Path) -> Path:
    """Return the optimised copy of a model; the model itself where none can be made."""
    state = weights.stat()
    name = f"{weights.stem}@{ort.__version__}-{state.st_size}-{state.st_mtime_ns}"
    made = weights.parent / FOLDER / name
    try:
        if not (made / WEIGHTS).is_file():
            _make(weights, made)
    except (OSError, NotOptimisedError) as error:  # the folder may be read-only, the disk full
        log.warning("model_not_optimised", model=str(weights), error=str(error))
        return weights
    return made / WEIGHTS


def _make(weights: Path, made: Path) -> None:
    """Write the copy, let it appear in one step, and remove those of other releases."""
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=made.parent) as temporary:
        staged = Path(temporary) / made.name
        staged.mkdir()
        _optimise(weights, staged)
        if not made.exists():  # another process may have been faster
            staged.rename(made)
    for other in made.parent.iterdir():
        if other != made and other.name.partition("@")[0] == weights.stem:
            shutil.rmtree(other, ignore_errors=True)


def _optimise(weights: Path, target: Path) -> None:
    options = ort.SessionOptions()
    # The level above it is for this processor alone; it is added when the copy is loaded.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target / WEIGHTS)
    options.log_severity_level = _ERRORS_ONLY
    prefix = "session.optimized_model_external_initializers"
    options.add_session_config_entry(f"{prefix}_file_name", _DATA)
    options.add_session_config_entry(f"{prefix}_min_size_in_bytes", str(_SMALLEST))
    try:
        ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises bare ones
        raise NotOptimisedError(str(error)) from error
