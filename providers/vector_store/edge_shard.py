"""One index of the embedded Qdrant engine, with everything bound to a tenant."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast
from uuid import UUID

from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    HasIdCondition,
    KeywordIndexParams,
    MatchAny,
    MatchValue,
    Modifier,
    PayloadSchemaType,
    Point,
    Query,
    QueryBatchRequest,
    QueryRequest,
    ScrollRequest,
    UpdateOperation,
)
from qdrant_edge import SparseVector as EdgeSparseVector

from providers.types import (
    Candidates,
    IndexPoint,
    IndexSpec,
    ScoredPoint,
    SparseVector,
    VectorQuery,
)
from providers.vector_store.naming import DENSE, DOCUMENT, SPARSE, TENANT

NamedVector = list[float] | EdgeSparseVector | list[list[float]]
_PAGE = 10_000
_KIB = 1024
_FLOAT_BYTES = 4


def create_shard(folder: Path, spec: IndexSpec, graph_from: int) -> EdgeShard:
    """Make an empty shard in `folder`, which must not hold one.

    Args:
        folder: Made when absent.
        spec: What its points hold.
        graph_from: Points from which a graph is built; below, every vector is compared.
    """
    folder.mkdir(parents=True)
    dimensions = spec.dimensions
    vectors = (
        {DENSE: EdgeVectorParams(size=dimensions, distance=Distance.Cosine)} if dimensions else None
    )
    modifier = Modifier.Idf if spec.idf else None
    sparse = {SPARSE: EdgeSparseVectorParams(modifier=modifier)} if spec.sparse else None
    threshold = graph_from * (dimensions or 1) * _FLOAT_BYTES // _KIB
    shard = EdgeShard.create(
        str(folder),
        EdgeConfig(
            vectors=vectors,
            sparse_vectors=sparse,
            optimizers=EdgeOptimizersConfig(indexing_threshold=max(threshold, 1)),
        ),
    )
    shard.update(UpdateOperation.create_field_index(TENANT, KeywordIndexParams(is_tenant=True)))
    shard.update(UpdateOperation.create_field_index(DOCUMENT, PayloadSchemaType.Keyword))
    return shard


def upsert(shard: EdgeShard, tenant_id: str, points: Sequence[IndexPoint]) -> None:
    """Write points; an id that belongs to another tenant is left as it is."""
    shard.update(
        UpdateOperation.upsert_points(
            [_point(point, tenant_id) for point in points], condition=tenant_filter(tenant_id)
        )
    )


def delete(shard: EdgeShard, tenant_id: str, ids: Sequence[str]) -> None:
    """Remove the tenant's points of these ids."""
    condition = tenant_filter(tenant_id, HasIdCondition(set(ids)))
    shard.update(UpdateOperation.delete_points_by_filter(condition))


def delete_document(shard: EdgeShard, tenant_id: str, document_id: str) -> None:
    """Remove the tenant's points of a document."""
    of_document = FieldCondition(DOCUMENT, match=MatchValue(document_id))
    shard.update(UpdateOperation.delete_points_by_filter(tenant_filter(tenant_id, of_document)))


def search(shard: EdgeShard, tenant_id: str, query: VectorQuery) -> Candidates:
    """Run the branches that the query has, as one batch."""
    condition = tenant_filter(tenant_id, *_where(query.where))
    branches: dict[str, Query] = {}
    if query.dense is not None:
        branches[DENSE] = Query.Nearest(query.dense.tolist(), using=DENSE)
    if query.sparse is not None and len(query.sparse.indices):
        branches[SPARSE] = Query.Nearest(_sparse(query.sparse), using=SPARSE)
    if not branches:
        return Candidates()
    requests = [
        QueryRequest(limit=query.limit, query=branch, filter=condition)
        for branch in branches.values()
    ]
    found = dict(zip(branches, shard.query_batch(QueryBatchRequest(requests)), strict=True))
    hits = {
        name: tuple([ScoredPoint(_name(cast(UUID, point.id).int), point.score) for point in points])
        for name, points in found.items()
    }
    return Candidates(dense=hits.get(DENSE, ()), sparse=hits.get(SPARSE, ()))


@lru_cache(maxsize=32_768)
def _name(number: int) -> str:
    """Write an id; to look it up takes a fifth of the time, and each search has two hundred."""
    return str(UUID(int=number))


def count(shard: EdgeShard, tenant_id: str) -> int:
    """Count the tenant's points."""
    return int(shard.count(CountRequest(exact=True, filter=tenant_filter(tenant_id))))


def ids(shard: EdgeShard, tenant_id: str) -> list[str]:
    """List the tenant's point ids."""
    found: list[str] = []
    condition, offset = tenant_filter(tenant_id), None
    while True:
        page, offset = shard.scroll(
            ScrollRequest(
                offset=offset, limit=_PAGE, filter=condition, with_payload=False, with_vector=False
            )
        )
        found.extend(str(record.id) for record in page)
        if offset is None:
            return found


def owners(shard: EdgeShard, tenant_id: str, wanted: Sequence[str]) -> dict[str, str]:
    """Return the document id of each of the tenant's points of these ids."""
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _PAGE):
        page, _ = shard.scroll(
            ScrollRequest(
                limit=_PAGE,
                filter=tenant_filter(tenant_id, HasIdCondition(set(wanted[start : start + _PAGE]))),
                with_payload=True,
                with_vector=False,
            )
        )
        found |= {str(record.id): str((record.payload or {}).get(DOCUMENT)) for record in page}
    return found


def tenant_filter(tenant_id: str, *conditions: FieldCondition | HasIdCondition) -> Filter:
    """Return a filter that no point of another tenant passes."""
    return Filter(must=[FieldCondition(TENANT, match=MatchValue(tenant_id)), *conditions])


def _where(where: Mapping[str, tuple[str, ...]]) -> list[FieldCondition]:
    return [FieldCondition(key, match=MatchAny(list(values))) for key, values in where.items()]


def _point(point: IndexPoint, tenant_id: str) -> Point:
    vectors: dict[str, NamedVector] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse is not None and len(point.sparse.indices):
        vectors[SPARSE] = _sparse(point.sparse)
    # The tenant comes last: no payload can claim another one.
    payload = {**point.payload, DOCUMENT: point.document_id, TENANT: tenant_id}
    return Point(point.id, vectors, payload)


def _sparse(vector: SparseVector) -> EdgeSparseVector:
    return EdgeSparseVector(vector.indices.tolist(), vector.values.tolist())
