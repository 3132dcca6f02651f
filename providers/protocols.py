"""The capabilities: what the service needs from outside, as structural types.

A plugin is one class that satisfies a protocol here and has a `config_type` (a frozen
pydantic model that forbids unknown keys). It needs to inherit from nothing.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from pathlib import Path
from typing import Protocol, runtime_checkable

from providers.source.types import Arrival, UploadGrant, Validators
from providers.sql_types import (
    AccessReport,
    Cell,
    Dialect,
    QueryLimits,
    QueryPlan,
    QueryResult,
    SqlSchema,
)
from providers.types import (
    Candidates,
    ChatDelta,
    ChatRequest,
    Finding,
    GuardStage,
    Health,
    IndexPoint,
    IndexSpec,
    Matrix,
    ObjectInfo,
    ParsedDocument,
    SparseVector,
    TextKind,
    TokenPrices,
    Usage,
    VectorQuery,
)


class Provider(Protocol):
    """What every plugin can do."""

    async def check(self) -> Health:
        """Tell how well the provider works; never raises."""
        ...

    async def aclose(self) -> None:
        """Release what the provider holds; safe to call twice."""
        ...


class ChatModel(Provider, Protocol):
    """Writes an answer, piece by piece."""

    @property
    def model(self) -> str:
        """Name of the model, as usage records show it."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """Yield the answer's pieces; the last delta carries the usage."""
        ...


@runtime_checkable
class WarmsUp(Protocol):
    """A chat model whose first call waits for something that can be loaded before."""

    async def warm_up(self) -> None:
        """Load it, without blocking the event loop; again does nothing."""
        ...


@runtime_checkable
class Priced(Protocol):
    """A chat model that knows what it costs."""

    async def prices(self) -> TokenPrices | None:
        """Return the prices, or None when nobody knows them."""
        ...


class Embedder(Provider, Protocol):
    """Turns texts into dense vectors."""

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Short name of model and settings; vectors of two fingerprints do not mix."""
        ...

    @property
    def max_tokens(self) -> int:
        """Longest text the model reads, in tokens of its own tokenizer."""
        ...

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        """Embed `texts`; returns L2-normalised rows, shape (len(texts), dimensions)."""
        ...

    async def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the character span [start, end) of each token of `text`, in order.

        Special tokens are left out and nothing is truncated.
        """
        ...


@runtime_checkable
class UsesEmbedder(Protocol):
    """A provider that works better with the configured embedder, and without one too."""

    def bind_embedder(self, embedder: Embedder | None) -> None:
        """Use `embedder` from now on; it stays the caller's to close."""
        ...


@runtime_checkable
class ReportsUsage(Protocol):
    """A provider other than a chat model whose calls cost tokens or money."""

    def bind_usage(self, report: Callable[[str, Usage], None]) -> None:
        """Tell `report` the model and the usage of each call from now on.

        It is called in the task that made the call, or in a child of it: context variables of
        the caller can be read.
        """
        ...


class SparseEncoder(Provider, Protocol):
    """Turns texts into term weights."""

    @property
    def fingerprint(self) -> str:
        """Short name of encoder and settings."""
        ...

    @property
    def idf(self) -> bool:
        """Whether the vector store is to add how rare each term is (inverse document frequency)."""
        ...

    async def encode(
        self, texts: Sequence[str], *, kind: TextKind, language: str = "en"
    ) -> list[SparseVector]:
        """Encode `texts` of one language (ISO 639-1); unknown languages are not stemmed."""
        ...


class Reranker(Provider, Protocol):
    """Scores passages against a question more carefully than retrieval does."""

    async def rerank(
        self, question: str, passages: Sequence[str], *, keys: Sequence[str]
    ) -> list[float]:
        """Return one score a passage, higher is better; `keys` identify passages for caching."""
        ...


class Guardrail(Provider, Protocol):
    """Looks for what must not get in or out."""

    async def inspect(
        self, texts: Sequence[str], *, stage: GuardStage, language: str = "en"
    ) -> list[list[Finding]]:
        """Return what was found in each text, in order; a text without findings is fine."""
        ...


@runtime_checkable
class UsesClassifier(Protocol):
    """A guardrail that asks a chat model, on behalf of whoever runs it."""

    def bound_to(self, ask: Callable[[str], Awaitable[str]]) -> Guardrail:
        """Return the guardrail for one run; `ask` takes the text and returns the reply."""
        ...


class VectorStore(Provider, Protocol):
    """Keeps and searches vectors; every call is bound to one index and one tenant."""

    async def ensure(self, index: str, spec: IndexSpec) -> None:
        """Create the index if it does not exist; an index of another spec is an error."""
        ...

    async def upsert(self, index: str, tenant_id: str, points: Sequence[IndexPoint]) -> None:
        """Write points; the same id again replaces."""
        ...

    async def delete(self, index: str, tenant_id: str, ids: Sequence[str]) -> None:
        """Remove points by id; unknown ids and a missing index are fine."""
        ...

    async def delete_document(self, index: str, tenant_id: str, document_id: str) -> None:
        """Remove every point of a document."""
        ...

    async def search(self, index: str, tenant_id: str, query: VectorQuery) -> Candidates:
        """Return the best points of each branch; a missing index returns none."""
        ...

    async def count(self, index: str, tenant_id: str) -> int:
        """Count the tenant's points."""
        ...

    async def ids(self, index: str, tenant_id: str) -> list[str]:
        """List the tenant's point ids (for reconciling stores)."""
        ...

    async def owners(self, index: str, tenant_id: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the document id of each of the tenant's points; unknown ids are left out."""
        ...

    async def indexes(self) -> list[str]:
        """List the names of all indexes, of every tenant, sorted (for reconciling stores)."""
        ...

    async def optimize(self, index: str) -> None:
        """Build search structures after a large write; cheap when there is nothing to do."""
        ...

    async def drop(self, index: str) -> None:
        """Remove the index; a missing one is fine."""
        ...


class Parser(Provider, Protocol):
    """Reads a file's bytes into text with pages and headings."""

    @property
    def version(self) -> str:
        """Name and version; part of each chunk's identity."""
        ...

    async def parse(self, data: bytes, *, filename: str, media_type: str) -> ParsedDocument:
        """Parse one file.

        Raises:
            UnreadableDocumentError: with the reason for quarantine.
        """
        ...


class ObjectStore(Provider, Protocol):
    """Keeps files by key (`raw/<tenant>/…`)."""

    async def put(self, key: str, data: bytes, *, metadata: Mapping[str, str]) -> None:
        """Write an object; the same key again replaces."""
        ...

    async def create(self, key: str, data: bytes, *, metadata: Mapping[str, str]) -> bool:
        """Write an object unless there is one; tells whether it was written."""
        ...

    async def get(self, key: str) -> bytes:
        """Read an object; raises ObjectNotFoundError."""
        ...

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        """Read bytes [start, end) of an object; raises ObjectNotFoundError."""
        ...

    async def head(self, key: str) -> ObjectInfo:
        """Describe an object; raises ObjectNotFoundError."""
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; a missing one is fine."""
        ...

    async def cool(self, key: str) -> None:
        """Move an object to cheaper storage, where it stays readable.

        Raises:
            ObjectNotFoundError: there is none.
        """
        ...

    async def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix, sorted."""
        ...

    async def entries(self, prefix: str) -> list[ObjectInfo]:
        """List the objects below a prefix without their metadata, sorted by key."""
        ...


class Cache(Provider, Protocol):
    """Remembers bytes for a while."""

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None when it is absent or too old."""
        ...

    async def set(self, key: str, value: bytes, *, ttl_s: float | None = None) -> None:
        """Remember a value, for `ttl_s` seconds or until it is pushed out."""
        ...

    async def add(self, key: str, value: bytes, *, ttl_s: float | None = None) -> bool:
        """Remember a value unless the key has one; of many callers at once one gets True."""
        ...

    async def delete(self, key: str) -> None:
        """Forget a value."""
        ...


class Source(Provider, Protocol):
    """A place that documents come from."""

    @property
    def rules_version(self) -> str:
        """Short name of the crawl rules; other rules have another. It holds no secret."""
        ...

    def crawl(self, known: Mapping[str, Validators], into: Path) -> AsyncGenerator[Arrival, None]:
        """Look at every item once and yield what came of it, one at a time.

        `known` maps the URI of each item that the service has to what is known of it. Files
        are written to the folder `into`, under names made from the URI: a crawl that was
        stopped can be repeated. An item that is known and was not reached is not mentioned.
        Close the generator (`contextlib.aclosing`) to stop before the end.

        Raises:
            TransientProviderError: the source as a whole cannot be read now.
            ProviderError: the source as a whole cannot be read with these options.
        """
        ...


@runtime_checkable
class Watchable(Protocol):
    """A source that tells when it has changed."""

    def watch(self) -> AsyncGenerator[frozenset[str], None]:
        """Yield the URIs that changed, some moments after each burst of changes; never ends."""
        ...


class Delivery(Protocol):
    """A signed delivery whose body is being read."""

    def update(self, data: bytes) -> None:
        """Take in the next piece of the body; raises PushRefusedError when it is too much."""
        ...

    async def finish(self) -> None:
        """Accept the delivery; raises PushRefusedError unless it is genuine and new."""
        ...


@runtime_checkable
class Receiver(Protocol):
    """A source that partners bring documents to."""

    def bind_cache(self, cache: Cache, *, scope: str) -> None:
        """Remember in `cache` what was received; `scope` names the tenant and the source."""
        ...

    def begin(self, headers: Mapping[str, str]) -> Delivery:
        """Begin to check a delivery; raises PushRefusedError when its headers will not do."""
        ...

    def grant(self, name: str, *, max_bytes: int | None = None, ttl_s: float | None = None) -> str:
        """Make a token with which one file of that name can be uploaded once."""
        ...

    async def redeem(self, token: str) -> UploadGrant:
        """Use a token up; raises PushRefusedError when it is false, too old or used."""
        ...


class SqlDatasource(Provider, Protocol):
    """A team's own database, of which statements may be read and nothing may be changed.

    A statement names its parameters as `:name` in both dialects; the plugin turns them into
    what its driver wants. It binds each name of `params` that the statement uses, outside of
    quoted texts and names. A statement comes from the guard; the plugin is the second layer
    and lets none write, whatever it says.
    """

    @property
    def dialect(self) -> Dialect:
        """The language of its statements."""
        ...

    async def introspect(self) -> SqlSchema:
        """Read tables, views, columns and keys from the database's catalogue.

        Raises:
            QueryError: the database is not there or did not answer.
        """
        ...

    def confine(self, reads: Mapping[str, Collection[str]], *, functions: Collection[str]) -> None:
        """Let statements read these columns of these tables from now on, and call these functions.

        Tables are named as in `SqlTable.key`. Where the database's roles do this (PostgreSQL)
        nothing happens.
        """
        ...

    async def values(
        self,
        table: str,
        column: str,
        *,
        limit: int,
        where: Mapping[str, Cell] | None = None,
    ) -> list[str]:
        """Return up to `limit` distinct texts of a column, sorted; `table` as in `SqlTable.key`.

        `where` keeps to rows whose columns have these values: a tenant's own.

        Raises:
            QueryError: there is no such column, or the database did not answer.
        """
        ...

    async def plan(
        self,
        sql: str,
        params: Mapping[str, Cell],
        *,
        limits: QueryLimits,
        settings: Mapping[str, str] | None = None,
    ) -> QueryPlan:
        """Bind a statement and ask what it would cost, without running it; `settings` as in `run`.

        Raises:
            QueryError: a name or type does not fit, or it would cost more than `limits.cost`.
        """
        ...

    async def run(
        self,
        sql: str,
        params: Mapping[str, Cell],
        *,
        limits: QueryLimits,
        settings: Mapping[str, str] | None = None,
    ) -> QueryResult:
        """Run a statement that only reads, and stop at the limits.

        `settings` hold for this statement alone, such as a variable that row-level security
        compares with; SQLite knows none.

        Raises:
            QueryError: saying why there is no result.
        """
        ...

    async def access(self, reads: Mapping[str, Collection[str]]) -> AccessReport:
        """Tell what the login may do beyond reading these columns of these tables.

        Raises:
            QueryError: the database is not there or did not answer.
        """
        ...
