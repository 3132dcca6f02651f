"""Counts tokens where no model is at hand: for bounds and overviews, not for bills.

The encoding is `cl100k_base`, whose table comes with litellm, so that nothing is fetched. Other
models' encodings differ: by a few per cent for English, more for other languages.
"""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import tiktoken

from providers.errors import ModelMissingError

ENCODING: Final = "cl100k_base"
_TABLE: Final = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
"""Tiktoken's name for the table's file: the SHA-1 of the address it came from."""
_FOLDER: Final = "TIKTOKEN_CACHE_DIR"


def count_tokens(text: str) -> int:
    """Return how many tokens a text has; the first call takes half a second.

    Raises:
        ModelMissingError: the encoding's table is not installed.
    """
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> tiktoken.Encoding:
    with _tables(_folder()):
        return tiktoken.get_encoding(ENCODING)


def _folder() -> Path:
    """Find the tables without importing litellm, which takes seconds."""
    spec = importlib.util.find_spec("litellm")
    places = spec.submodule_search_locations if spec else None
    for place in places or ():
        folder = Path(place) / "litellm_core_utils" / "tokenizers"
        if (folder / _TABLE).is_file():
            return folder
    raise ModelMissingError(f"the table of {ENCODING} is missing; install litellm again")


@contextmanager
def _tables(folder: Path) -> Iterator[None]:
    """Tiktoken learns from the environment alone where its tables are."""
    before = os.environ.get(_FOLDER)
    os.environ[_FOLDER] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FOLDER]
        else:
            os.environ[_FOLDER] = before
