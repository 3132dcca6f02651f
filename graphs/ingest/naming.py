"""Names of things that must come out the same in every run: sources, keys, indexes, ids."""

import hashlib
import unicodedata
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from graphs.ingest.state import IngestInput

_CHUNKS = uuid.UUID("0a5c8d3e-7c1b-5a58-9f7e-52d0c0a9e4f1")
"""Fixed for ever: changing it would give every chunk a new id."""
MAX_SOURCE_CHARS = 1000


def display_name(raw: str) -> str:
    """Return a name that is safe to store and to show: no control characters, no `..`.

    Folders are kept, with slashes; a name of nothing else becomes `unnamed`.
    """
    text = unicodedata.normalize("NFC", raw).replace("\\", "/")
    printable = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    parts = [part.strip() for part in printable.split("/")]
    kept = "/".join(part for part in parts if part not in {"", ".", ".."})
    return kept[-MAX_SOURCE_CHARS:] or "unnamed"


def title_of(source: str) -> str:
    """Return a readable title for a file that carries none of its own."""
    stem = PurePosixPath(source).stem or source
    return " ".join(stem.replace("_", " ").replace("-", " ").split()) or source


def raw_key(tenant_id: str, sha256: str) -> str:
    """Return the object key of an original; equal bytes are kept once a tenant."""
    return f"raw/{tenant_id}/{sha256[:2]}/{sha256}"


def processed_key(tenant_id: str, sha256: str, parser: str, given: IngestInput) -> str:
    """Return what the object keys begin with that hold what one parser made of an original.

    The file's extension and declared type are a part of it, since a parser goes by them too.
    """
    read_as = (parser, PurePosixPath(given.source).suffix.lower(), given.media_type)
    return f"processed/{tenant_id}/{sha256[:2]}/{sha256}/{_short('|'.join(read_as))}"


def derived_key(tenant_id: str, document_id: str, version_id: str, made_by: str) -> str:
    """Return what the object key begins with that holds what was made of a version."""
    return f"derived/{tenant_id}/{document_id}/{version_id}/{_short(made_by)}"


def index_name(collection_id: str, made_by: str, cut_by: str = "") -> str:
    """Return the name of the vector index for a collection.

    Args:
        collection_id: which collection.
        made_by: the encoders of its vectors.
        cut_by: parser and chunker, when it has chunks of its own.
    """
    parts = f"{made_by}|{cut_by}" if cut_by else made_by
    return f"{index_prefix(collection_id)}-{_short(parts)}"


def index_prefix(collection_id: str) -> str:
    """Return what the names of a collection's indexes begin with, up to a hyphen."""
    return f"c{collection_id.replace('-', '')[:16]}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def chunk_ids(
    *, tenant_id: str, document_id: str, parser: str, chunker: str, texts: Sequence[str]
) -> list[str]:
    """Return one id a chunk, the same whenever the same text comes from the same document.

    Args:
        tenant_id: whose document it is.
        document_id: which document.
        parser: version of the parser.
        chunker: version of the chunker.
        texts: what is indexed for each chunk (title, headings and text), in order; equal
            texts are told apart by their order among themselves.
    """
    seen: Counter[str] = Counter()
    ids: list[str] = []
    for text in texts:
        seen[text] += 1
        parts = (tenant_id, document_id, parser, chunker, text, str(seen[text]))
        ids.append(str(uuid.uuid5(_CHUNKS, "\x1f".join(parts))))
    return ids
