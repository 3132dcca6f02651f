"""Names a set of crawl rules by what is in it."""

import hashlib
from collections.abc import Iterable

from pydantic import BaseModel

_REVISION = 1
"""Counts up when the same options come to mean something else."""


def version_of(plugin: str, options: BaseModel, *, leaving_out: Iterable[str] = ()) -> str:
    """Return the plugin's name and 12 hexadecimal digits of its options; secrets do not count."""
    written = options.model_dump_json(exclude=set(leaving_out))
    digest = hashlib.sha256(f"{_REVISION}\n{written}".encode()).hexdigest()
    return f"{plugin}-{digest[:12]}"
