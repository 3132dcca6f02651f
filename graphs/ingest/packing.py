"""How the results of a step are written as bytes, and read again."""

import io
import json
from collections.abc import Sequence
from functools import cache

import numpy as np
from pydantic import TypeAdapter

from graphs.ingest.state import PreparedChunk
from providers.types import IndexPoint, ParsedDocument, SparseVector

_NO_ROWS = np.empty((0, 0), dtype=np.float32)
_NO_TERMS = SparseVector(np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.float32))


@cache
def _chunks() -> TypeAdapter[list[PreparedChunk]]:
    return TypeAdapter(list[PreparedChunk])


@cache
def _document() -> TypeAdapter[ParsedDocument]:
    return TypeAdapter(ParsedDocument)


def pack_structure(document: ParsedDocument) -> bytes:
    """Write everything but the text of a document, as JSON."""
    return _document().dump_json(document, exclude={"text"})


def unpack_document(text: bytes, structure: bytes) -> ParsedDocument:
    """Read a document from its text and its structure."""
    return _document().validate_python({**json.loads(structure), "text": text.decode()})


def pack_chunks(chunks: list[PreparedChunk]) -> bytes:
    """Write chunks as JSON."""
    return _chunks().dump_json(chunks)


def unpack_chunks(data: bytes) -> list[PreparedChunk]:
    """Read what `pack_chunks` wrote."""
    return _chunks().validate_json(data)


def pack_points(points: Sequence[IndexPoint]) -> bytes:
    """Write vectors as a NumPy archive; all points have the same kinds of vectors."""
    dense = [point.dense for point in points if point.dense is not None]
    sparse = [point.sparse for point in points if point.sparse is not None]
    rest = [[point.id, point.document_id, dict(point.payload)] for point in points]
    file = io.BytesIO()
    np.savez(
        file,
        points=np.frombuffer(json.dumps(rest).encode(), dtype=np.uint8),
        dense=np.stack(dense) if dense else _NO_ROWS,
        lengths=np.array([len(vector.indices) for vector in sparse], dtype=np.int64),
        indices=np.concatenate([vector.indices for vector in [_NO_TERMS, *sparse]]),
        values=np.concatenate([vector.values for vector in [_NO_TERMS, *sparse]]),
    )
    return file.getvalue()


def unpack_points(data: bytes) -> list[IndexPoint]:
    """Read what `pack_points` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        rest = json.loads(found["points"].tobytes())
        dense = list(found["dense"])
        ends = np.cumsum(found["lengths"])[:-1]
        indices, values = np.split(found["indices"], ends), np.split(found["values"], ends)
        with_sparse = len(found["lengths"]) > 0
    return [
        IndexPoint(
            id=id,
            document_id=document_id,
            dense=dense[at] if dense else None,
            sparse=SparseVector(indices[at], values[at]) if with_sparse else None,
            payload=payload,
        )
        for at, (id, document_id, payload) in enumerate(rest)
    ]
