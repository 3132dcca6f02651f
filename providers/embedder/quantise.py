"""Makes the copy of a model that the service runs by default: the same with 8-bit weights.

A question is one short run, whose time goes into reading the weights. With a quarter of the bytes
it takes half the time on one thread that it took on two; passages gain a fifth. The vectors
hardly change: see docs/decisions/0015-eight-bit-weights.md.
"""

import subprocess
import sys
from pathlib import Path

from providers.embedder.model_folder import QUANTISED, WEIGHTS
from providers.errors import ProviderError

TIMEOUT_S = 300
_SCRIPT = Path(__file__).with_name("quantise_script.py")
_ERROR_TAIL = 400


def quantise(folder: Path) -> None:
    """Write the copy beside the weights of a model folder.

    Raises:
        ProviderError: it could not be made.
    """
    made = folder / f"{QUANTISED}.part"
    command = [sys.executable, "-P", str(_SCRIPT), str(folder / WEIGHTS), str(made)]
    try:
        subprocess.run(  # noqa: S603 - a fixed program, no shell, no user input
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
        made.replace(folder / QUANTISED)
    except subprocess.CalledProcessError as error:
        why = error.stderr.strip()[-_ERROR_TAIL:]
        raise ProviderError(f"cannot quantise the model in {folder}: {why}") from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ProviderError(f"cannot quantise the model in {folder}: {error}") from error
    finally:
        made.unlink(missing_ok=True)
