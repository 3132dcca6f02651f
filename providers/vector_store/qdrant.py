"""A Qdrant server or cluster, or the client's own local mode; one collection an index."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

from httpx import HTTPError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from providers.errors import (
    ProviderError,
    StorageFullError,
    StoreLockedError,
    TransientProviderError,
)
from providers.types import (
    Candidates,
    Health,
    IndexPoint,
    IndexSpec,
    ScoredPoint,
    SparseVector,
    Status,
    VectorQuery,
)
from providers.vector_store.naming import DENSE, DOCUMENT, SPARSE, TENANT, valid_index

_PAGE = 1_000
_BATCH = 256
_CONFLICT = 409
_SERVER_ERRORS = 500
_INSUFFICIENT_STORAGE = 507


class QdrantConfig(BaseModel):
    """Options of the `qdrant` store: `url` of a server, or `path` of the client's local mode.

    The local mode (a folder or ":memory:") compares every vector in Python: for tests.
    `timeout_s` bounds each request, in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    path: str | None = None
    api_key: SecretStr | None = None
    prefix: str = Field(default="cicerone-", pattern=r"^[A-Za-z0-9_-]*$")
    timeout_s: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.url is None) == (self.path is None):
            raise ValueError("set either url (a server) or path (local mode)")
        return self


class QdrantStore:
    """Speaks to Qdrant through its client."""

    config_type: ClassVar = QdrantConfig

    def __init__(self, config: QdrantConfig) -> None:
        self._config = config
        self._opened: AsyncQdrantClient | None = None
        self._known: set[str] = set()

    async def ensure(self, index: str, spec: IndexSpec) -> None:
        """Create the collection if it does not exist; one of another spec is an error."""
        name, client = self._name(index), self._client()
        with _translated():
            if not await client.collection_exists(name):
                await self._create(client, name, spec)
            found = _spec_of(await client.get_collection(name))
        if found != spec:
            raise ProviderError(
                f"the vector index {name} holds {found}, but {spec} was asked for: index the "
                "documents again with the new embedder"
            )

    async def upsert(self, index: str, tenant_id: str, points: Sequence[IndexPoint]) -> None:
        """Write points; an id that belongs to another tenant is left as it is."""
        name, client = self._name(index), self._client()
        if points and not await self._exists(index):
            raise ProviderError(f"there is no vector index {name}: make it before writing to it")
        for start in range(0, len(points), _BATCH):
            batch = [_point(point, tenant_id) for point in points[start : start + _BATCH]]
            with _translated():
                foreign = await self._foreign(name, tenant_id, [str(point.id) for point in batch])
                own = [point for point in batch if str(point.id) not in foreign]
                if own:
                    await client.upsert(name, own, wait=True)

    async def delete(self, index: str, tenant_id: str, ids: Sequence[str]) -> None:
        """Remove the tenant's points by id; unknown ids and a missing index are fine."""
        if ids:
            await self._delete(index, _filter(tenant_id, models.HasIdCondition(has_id=list(ids))))

    async def delete_document(self, index: str, tenant_id: str, document_id: str) -> None:
        """Remove every point of a document."""
        await self._delete(index, _filter(tenant_id, _one_of(DOCUMENT, (document_id,))))

    async def search(self, index: str, tenant_id: str, query: VectorQuery) -> Candidates:
        """Return the best points of each branch; a missing index returns none."""
        condition = _filter(tenant_id, *(_one_of(key, any_) for key, any_ in query.where.items()))
        branches: dict[str, list[float] | models.SparseVector] = {}
        if query.dense is not None:
            branches[DENSE] = query.dense.tolist()
        if query.sparse is not None and len(query.sparse.indices):
            branches[SPARSE] = _sparse(query.sparse)
        if not branches or not await self._exists(index):
            return Candidates()
        requests = [
            models.QueryRequest(query=vector, using=name, filter=condition, limit=query.limit)
            for name, vector in branches.items()
        ]
        with _translated():
            answers = await self._client().query_batch_points(self._name(index), requests)
        hits = {
            name: tuple(ScoredPoint(str(hit.id), float(hit.score)) for hit in answer.points)
            for name, answer in zip(branches, answers, strict=True)
        }
        return Candidates(dense=hits.get(DENSE, ()), sparse=hits.get(SPARSE, ()))

    async def count(self, index: str, tenant_id: str) -> int:
        """Count the tenant's points."""
        if not await self._exists(index):
            return 0
        with _translated():
            found = await self._client().count(
                self._name(index), count_filter=_filter(tenant_id), exact=True
            )
        return found.count

    async def ids(self, index: str, tenant_id: str) -> list[str]:
        """List the tenant's point ids."""
        if not await self._exists(index):
            return []
        return await self._scroll(self._name(index), _filter(tenant_id))

    async def owners(self, index: str, tenant_id: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the document id of each of the tenant's points; unknown ids are left out."""
        if not ids or not await self._exists(index):
            return {}
        condition = _filter(tenant_id, models.HasIdCondition(has_id=list(ids)))
        with _translated():
            page, _ = await self._client().scroll(
                self._name(index),
                scroll_filter=condition,
                limit=len(ids),
                with_payload=[DOCUMENT],
                with_vectors=False,
            )
        return {str(record.id): str((record.payload or {}).get(DOCUMENT)) for record in page}

    async def indexes(self) -> list[str]:
        """List the names of all indexes with the configured prefix, sorted."""
        with _translated():
            found = (await self._client().get_collections()).collections
        prefix = self._config.prefix
        return sorted(
            each.name.removeprefix(prefix) for each in found if each.name.startswith(prefix)
        )

    async def optimize(self, index: str) -> None:
        """Do nothing: a server optimizes by itself."""

    async def drop(self, index: str) -> None:
        """Remove the collection; a missing one is fine."""
        self._known.discard(index)
        with _translated():
            await self._client().delete_collection(self._name(index))

    async def check(self) -> Health:
        """Ask the server for its collections."""
        where = self._config.url or f"local: {self._config.path}"
        try:
            with _translated():
                await self._client().get_collections()
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="qdrant", detail=str(error))
        return Health(status=Status.READY, plugin="qdrant", detail=where)

    async def aclose(self) -> None:
        """Close the connection."""
        client, self._opened = self._opened, None
        self._known.clear()
        if client is not None:
            await client.close()

    def _name(self, index: str) -> str:
        return f"{self._config.prefix}{valid_index(index)}"

    def _client(self) -> AsyncQdrantClient:
        if self._opened is None:
            config = self._config
            with _translated():
                if config.path is None:
                    key = config.api_key.get_secret_value() if config.api_key else None
                    # The version check would ask the server here, blocking the event loop.
                    self._opened = AsyncQdrantClient(
                        url=config.url,
                        api_key=key,
                        timeout=config.timeout_s,
                        check_compatibility=False,
                    )
                elif config.path == ":memory:":
                    self._opened = AsyncQdrantClient(location=":memory:")
                else:
                    self._opened = AsyncQdrantClient(path=str(Path(config.path).expanduser()))
        return self._opened

    async def _exists(self, index: str) -> bool:
        """Tell whether the collection exists; a yes is remembered."""
        if index not in self._known:
            with _translated():
                if not await self._client().collection_exists(self._name(index)):
                    return False
            self._known.add(index)
        return True

    async def _create(self, client: AsyncQdrantClient, name: str, spec: IndexSpec) -> None:
        dense = models.VectorParams(size=spec.dimensions or 1, distance=models.Distance.COSINE)
        sparse = models.SparseVectorParams(
            modifier=models.Modifier.IDF if spec.idf else models.Modifier.NONE
        )
        try:
            await client.create_collection(
                name,
                vectors_config={DENSE: dense} if spec.dimensions else {},
                sparse_vectors_config={SPARSE: sparse} if spec.sparse else None,
            )
        except UnexpectedResponse as error:
            if error.status_code != _CONFLICT:  # another worker was first
                raise
        if self._config.path is None:  # the local mode has no payload indexes and warns
            for key in (TENANT, DOCUMENT):
                schema = models.KeywordIndexParams(
                    type=models.KeywordIndexType.KEYWORD, is_tenant=key == TENANT
                )
                await client.create_payload_index(name, key, schema, wait=True)

    async def _foreign(self, name: str, tenant_id: str, ids: list[str]) -> set[str]:
        """Return those ids that belong to another tenant."""
        condition = models.Filter(
            must=[models.HasIdCondition(has_id=list(ids))],
            must_not=[_one_of(TENANT, (tenant_id,))],
        )
        return set(await self._scroll(name, condition))

    async def _scroll(self, name: str, condition: models.Filter) -> list[str]:
        found: list[str] = []
        offset = None
        while True:
            with _translated():
                page, offset = await self._client().scroll(
                    name,
                    scroll_filter=condition,
                    limit=_PAGE,
                    offset=offset,
                    with_payload=False,
                    with_vectors=False,
                )
            found.extend(str(record.id) for record in page)
            if offset is None:
                return found

    async def _delete(self, index: str, condition: models.Filter) -> None:
        if await self._exists(index):
            with _translated():
                await self._client().delete(
                    self._name(index), models.FilterSelector(filter=condition), wait=True
                )


def _filter(
    tenant_id: str, *conditions: models.FieldCondition | models.HasIdCondition
) -> models.Filter:
    """Return a filter that no point of another tenant passes."""
    return models.Filter(must=[_one_of(TENANT, (tenant_id,)), *conditions])


def _one_of(key: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))


def _sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=vector.indices.tolist(), values=vector.values.tolist())


def _point(point: IndexPoint, tenant_id: str) -> models.PointStruct:
    vectors: dict[str, Any] = {}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    if point.sparse is not None and len(point.sparse.indices):
        vectors[SPARSE] = _sparse(point.sparse)
    # The tenant comes last: no payload can claim another one.
    payload = {**point.payload, DOCUMENT: point.document_id, TENANT: tenant_id}
    return models.PointStruct(id=point.id, vector=vectors, payload=payload)


def _spec_of(info: models.CollectionInfo) -> IndexSpec:
    vectors = info.config.params.vectors
    dense = vectors.get(DENSE) if isinstance(vectors, Mapping) else None
    sparse = (info.config.params.sparse_vectors or {}).get(SPARSE)
    return IndexSpec(
        dimensions=dense.size if dense else None,
        sparse=sparse is not None,
        idf=sparse is None or sparse.modifier is models.Modifier.IDF,
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the client's errors into the service's."""
    try:
        yield
    except UnexpectedResponse as error:
        code = error.status_code or 0
        message = f"Qdrant answered {code} {error.reason_phrase}"
        if code == _INSUFFICIENT_STORAGE:
            raise StorageFullError(message) from error
        kind = TransientProviderError if code >= _SERVER_ERRORS else ProviderError
        raise kind(message) from error
    except (ResponseHandlingException, HTTPError) as error:
        raise TransientProviderError(f"Qdrant cannot be reached: {error}") from error
    except RuntimeError as error:
        if "already accessed" in str(error):
            raise StoreLockedError(f"{error}: use a server for more than one process") from error
        raise
