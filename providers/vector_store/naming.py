"""What every vector store plugin agrees on: names of vectors, payload keys and indexes."""

import re

from providers.errors import ProviderError

DENSE = "dense"
SPARSE = "sparse"
TENANT = "tenant_id"
DOCUMENT = "document_id"
_INDEX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


def valid_index(name: str) -> str:
    """Return `name` when it may be an index, which is also a folder's name.

    Raises:
        ProviderError: it holds other characters than letters, digits, `_` and `-`.
    """
    if not _INDEX.fullmatch(name):
        raise ProviderError(f"{name!r} cannot be the name of a vector index")
    return name
