"""What a library holds, in a form that two libraries can be compared by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from typing import Any, Final

from data.database import Database, Transaction
from data.models import Document
from graphs.ingest.chunking import context_line
from providers.principal import Principal
from providers.protocols import Embedder, ObjectStore, SparseEncoder, VectorStore
from providers.types import Candidates, ScoredPoint, TextKind, VectorQuery

TOLERANCE: Final = 1e-5
"""Share by which two scores of the same vectors may differ: sums have no fixed order."""
PROBE_LIMIT: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The stores of a library."""

    database: Database
    store: VectorStore
    embedder: Embedder | None
    sparse_encoder: SparseEncoder | None
    objects: ObjectStore | None
    principal: Principal


@dataclass(slots=True)
class Contents:
    """Documents by source, chunks and vectors by id, keys of objects.

    `probes` holds what each chunk's own vectors find, best first: the values of vectors as
    the store itself compares them.
    """

    documents: dict[str, Any] = field(default_factory=dict)
    chunks: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, Any] = field(default_factory=dict)
    vectors: set[str] = field(default_factory=set)
    probes: dict[str, Candidates] = field(default_factory=dict)
    objects: set[str] = field(default_factory=set)


async def contents_of(holdings: Holdings, collection: str) -> Contents:
    """Read everything that a library holds of a collection."""
    found = Contents()
    async with holdings.database.begin(holdings.principal, read_only=True) as transaction:
        row = await transaction.collections.get(collection)
        documents, _ = await transaction.documents.list(collection=collection, limit=100_000)
        for document in documents:
            await _read_document(transaction, document, found)
    if row is not None and row.live_index is not None:
        await _read_vectors(holdings, row.live_index, found)
    if holdings.objects is not None:
        keys = [key for top in ("raw", "processed") for key in await holdings.objects.keys(top)]
        found.objects = set(keys)
    return found


async def _read_document(transaction: Transaction, document: Document, into: Contents) -> None:
    versions = await transaction.documents.versions(document.id)
    into.documents[document.source] = {
        "id": document.id,
        "status": document.status.value,
        "reason": document.reason,
        "title": document.title,
        "version": (document.version, document.current_version),
        "pages": document.page_count,
        "chunks": document.chunk_count,
        "versions": [(v.number, v.status.value, v.sha256, v.chunk_count) for v in versions],
    }
    sections = await transaction.sections.of_document(document.id)
    into.sections[document.source] = [(s.ordinal, s.level, s.path, s.start) for s in sections]
    for version in versions:
        for chunk in await transaction.chunks.of_version(version.id):
            key = f"{chunk.id} of version {version.number}"
            indexed = f"{context_line(document.title or '', chunk.heading_path)}\n{chunk.text}"
            into.chunks[key] = {
                "id": chunk.id,
                "source": document.source,
                "ordinal": chunk.ordinal,
                "span": (chunk.char_start, chunk.char_end),
                "pages": (chunk.page_start, chunk.page_end),
                "text": chunk.text,
                "indexed": indexed,
                "language": chunk.language,
            }


async def _read_vectors(holdings: Holdings, index: str, into: Contents) -> None:
    tenant_id = holdings.principal.tenant_id
    into.vectors = set(await holdings.store.ids(index, tenant_id))
    for chunk in into.chunks.values():
        query = await _query(holdings, chunk["indexed"], chunk["language"] or "en")
        into.probes[chunk["id"]] = await holdings.store.search(index, tenant_id, query)


async def _query(holdings: Holdings, text: str, language: str) -> VectorQuery:
    dense = sparse = None
    if holdings.embedder is not None:
        dense = (await holdings.embedder.embed([text], kind=TextKind.PASSAGE))[0]
    if holdings.sparse_encoder is not None:
        (sparse,) = await holdings.sparse_encoder.encode(
            [text], kind=TextKind.PASSAGE, language=language
        )
    return VectorQuery(dense=dense, sparse=sparse, limit=PROBE_LIMIT)


def differences(found: Contents, wanted: Contents) -> list[str]:
    """Say where a library differs from what it should be; nothing when it does not."""
    return [
        *_mappings("document", found.documents, wanted.documents),
        *_mappings("chunk", found.chunks, wanted.chunks),
        *_mappings("headings of", found.sections, wanted.sections),
        *_sets("vector", found.vectors, wanted.vectors),
        *_mappings("search by the vectors of", found.probes, wanted.probes, _same_hits),
        *_sets("object", found.objects, wanted.objects),
        *inconsistencies(found),
    ]


def inconsistencies(found: Contents) -> list[str]:
    """Say where the stores of one library do not agree with each other."""
    published = {
        source: document
        for source, document in found.documents.items()
        if document["version"][1] is not None
    }
    ids = {chunk["id"] for chunk in found.chunks.values() if chunk["source"] in published}
    told = [
        f"document {source}: {document['status']} is not final"
        for source, document in found.documents.items()
        if document["status"] == "pending"
    ]
    return [
        *told,
        *(f"vector {id}: belongs to no chunk" for id in sorted(found.vectors - ids)),
        *(f"chunk {id}: has no vector" for id in sorted(ids - found.vectors)),
    ]


def _same(one: Any, other: Any) -> bool:
    return bool(one == other)


def _same_hits(one: Candidates, other: Candidates) -> bool:
    pairs = ((one.dense, other.dense), (one.sparse, other.sparse))
    return all(
        len(ours) == len(theirs)
        and all(
            isclose(a.score, b.score, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
            for a, b in zip(ours, theirs, strict=True)
        )
        and _sure(ours) <= {hit.id for hit in theirs}
        for ours, theirs in pairs
    )


def _sure(hits: Sequence[ScoredPoint]) -> set[str]:
    """Return the ids of hits that are better than the last: no tie can have pushed them in."""
    if not hits:
        return set()
    last = hits[-1].score
    return {hit.id for hit in hits if hit.score > last + TOLERANCE * max(1.0, abs(last))}


def _mappings(
    what: str,
    found: Mapping[str, Any],
    wanted: Mapping[str, Any],
    same: Callable[[Any, Any], bool] = _same,
) -> list[str]:
    changed = [
        f"{what} {key}: is {found[key]!r:.200}, not {wanted[key]!r:.200}"
        for key in sorted(found.keys() & wanted.keys())
        if not same(found[key], wanted[key])
    ]
    return _sets(what, set(found), set(wanted)) + changed


def _sets(what: str, found: set[str], wanted: set[str]) -> list[str]:
    return [f"{what} {key}: is missing" for key in sorted(wanted - found)] + [
        f"{what} {key}: is too much" for key in sorted(found - wanted)
    ]
