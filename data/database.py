"""The database as the rest of the program sees it: short transactions over repositories."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from data.engine import (
    SQLITE,
    make_engine,
    make_reading_engine,
    make_writing_engine,
    parse_url,
    prepare_folder,
)
from data.errors import DatabaseError, SchemaError, translate
from data.generations import count_changes
from data.options import DatabaseOptions
from data.reading import READERS, Readers
from data.repeating import DEFAULT, Repeats, repeat
from data.repositories.api_keys import ApiKeyRepository, KeyLookup
from data.repositories.artifacts import ArtifactRepository
from data.repositories.budgets import BudgetRepository
from data.repositories.census import Census
from data.repositories.chunk_sets import ChunkSetRepository
from data.repositories.chunks import LIVE, ChunkRepository, live_chunks, live_parameters
from data.repositories.collections import CollectionRepository
from data.repositories.conversations import ConversationRepository
from data.repositories.crawl_jobs import CrawlJobRepository
from data.repositories.datasources import DatasourceRepository
from data.repositories.document_choice import DocumentChoiceRepository
from data.repositories.documents import DocumentRepository
from data.repositories.feedback import FeedbackRepository
from data.repositories.guard_verdicts import GuardVerdictRepository
from data.repositories.indexes import IndexDirectory, IndexRepository
from data.repositories.jobs import JobRecovery, JobRepository
from data.repositories.ledger import AuditRepository, LlmCallRepository
from data.repositories.licences import LicenceRepository
from data.repositories.likeness import LikenessRepository
from data.repositories.provenance import ProvenanceRepository
from data.repositories.quarantine import QuarantineRepository
from data.repositories.schedules import ScheduleRepository
from data.repositories.sections import SectionRepository
from data.repositories.source_items import SourceItemRepository
from data.repositories.sources import SourceLookup, SourceRepository
from data.repositories.sql_examples import SqlExampleRepository
from data.repositories.tenants import TenantRepository
from data.repositories.terms import TermsRepository
from data.repositories.trash import TrashRepository
from data.repositories.withheld import WithheldRepository
from data.repositories.work_items import WorkItemRepository, WorkRecovery
from data.revision import expect_head
from data.scope import fetch, open_reading, open_session, open_writing
from data.values import LiveChunk
from data.writing import Writers
from providers.principal import Principal
from providers.types import Health, Status
from providers.visits import in_thread

R = TypeVar("R")


class Transaction:
    """The repositories of one transaction on behalf of one principal."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self.principal = principal
        self.collections = CollectionRepository(session, principal)
        self.documents = DocumentRepository(session, principal)
        self.choices = DocumentChoiceRepository(session, principal)
        self.chunks = ChunkRepository(session, principal)
        self.withheld = WithheldRepository(session, principal)
        self.licences = LicenceRepository(session, principal)
        self.terms = TermsRepository(session, principal)
        self.likeness = LikenessRepository(session, principal)
        self.quarantine = QuarantineRepository(session, principal)
        self.chunk_sets = ChunkSetRepository(session, principal)
        self.sections = SectionRepository(session, principal)
        self.jobs = JobRepository(session, principal)
        self.work = WorkItemRepository(session, principal)
        self.conversations = ConversationRepository(session, principal)
        self.llm_calls = LlmCallRepository(session, principal)
        self.budgets = BudgetRepository(session, principal)
        self.audit = AuditRepository(session, principal)
        self.feedback = FeedbackRepository(session, principal)
        self.guard_verdicts = GuardVerdictRepository(session, principal)
        self.api_keys = ApiKeyRepository(session, principal)
        self.artifacts = ArtifactRepository(session, principal)
        self.indexes = IndexRepository(session, principal)
        self.trash = TrashRepository(session, principal)
        self.sources = SourceRepository(session, principal)
        self.datasources = DatasourceRepository(session, principal)
        self.source_items = SourceItemRepository(session, principal)
        self.crawl_jobs = CrawlJobRepository(session, principal)
        self.sql_examples = SqlExampleRepository(session, principal)
        self.provenance = ProvenanceRepository(session, principal)
        self.census = Census(session)


class UnscopedTransaction:
    """What may be read across tenants: keys, jobs to resume, sources, tenants, the clock."""

    def __init__(self, session: AsyncSession) -> None:
        self.api_keys = KeyLookup(session)
        self.jobs = JobRecovery(session)
        self.work = WorkRecovery(session)
        self.sources = SourceLookup(session)
        self.tenants = TenantRepository(session)
        self.schedules = ScheduleRepository(session)
        self.indexes = IndexDirectory(session)
        self.census = Census(session)


class Database:
    """One database, SQLite or PostgreSQL, with the same schema.

    It belongs to the event loop that uses it first. Never hold a transaction while a model
    is called: on SQLite there is one writer at a time.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        readers: Readers | None = None,
        writers: Writers | None = None,
    ) -> None:
        """Take an engine, and for a SQLite file those who read and write it."""
        self._engine = engine
        self._readers = readers
        self._writers = writers
        reading = {"read_only": True, "postgresql_readonly": True}
        self._reading = engine.execution_options(**reading)
        self._tenants: set[str] = set()

    @classmethod
    def open(cls, url: str, options: DatabaseOptions | None = None) -> "Database":
        """Return a database; nothing is connected before the first transaction.

        Args:
            url: `sqlite+aiosqlite:///path` or `postgresql+psycopg://user@host/name`.
            options: Bounds for a server, the defaults if None.

        Raises:
            DatabaseUrlError: The URL cannot be used.
        """
        parsed = parse_url(url)
        prepare_folder(parsed)
        engine = make_engine(parsed, options or DatabaseOptions())
        if parsed.drivername != SQLITE:
            return cls(engine)
        readers = Readers(make_reading_engine(parsed, READERS))
        return cls(engine, readers, Writers(make_writing_engine(parsed)))

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def in_process(self) -> bool:
        """Whether reading transactions may be part of a visit to a thread."""
        return self._readers is not None

    @asynccontextmanager
    async def begin(
        self, principal: Principal, *, read_only: bool = False
    ) -> AsyncIterator[Transaction]:
        """Open a transaction: it commits at the end and rolls back on an error.

        Do not open a second one inside it: on SQLite the inner one waits for the outer.

        Args:
            principal: Whose rows it sees.
            read_only: Refuse writes; readers do not wait for a writer then. Use it on paths
                that only read.

        Raises:
            DatabaseError: In words that a person can act on.
        """
        tenant_id = principal.tenant_id
        with _clear_errors():
            if read_only:
                async with self._read(tenant_id) as session:
                    yield Transaction(session, principal)
                return
            async with (
                self._turn(),
                open_session(self._engine, tenant_id) as session,
                session.begin(),
            ):
                async with self._counted(session, principal) as transaction:
                    yield transaction
            self._tenants.add(tenant_id)

    @asynccontextmanager
    async def _counted(
        self, session: AsyncSession, principal: Principal
    ) -> AsyncIterator[Transaction]:
        """Give the repositories of a transaction that writes; at its end its changes count."""
        if principal.tenant_id not in self._tenants:
            await TenantRepository(session).ensure(principal.tenant_id)
        yield Transaction(session, principal)
        await count_changes(session, principal.tenant_id)

    async def run(
        self,
        principal: Principal,
        work: Callable[[Transaction], Awaitable[R]],
        *,
        repeats: Repeats = DEFAULT,
    ) -> R:
        """Run a short transaction, and run it again when the database could not do it just now.

        `begin` cannot repeat its body; this can. See `repeat` for what `work` has to bear. It
        is also the faster way to write to a SQLite file: there it is one visit to a thread.

        Args:
            principal: Whose rows it sees.
            work: Is given the transaction; what it returns is returned. It waits for nothing
                else.
            repeats: How often and how patiently.

        Raises:
            DatabaseError: In words that a person can act on.
        """
        return await repeat(partial(self._once, principal, work), repeats)

    async def _once(self, principal: Principal, work: Callable[[Transaction], Awaitable[R]]) -> R:
        if self._writers is None:
            async with self.begin(principal) as transaction:
                return await work(transaction)
        engine = self._writers.engine

        async def visit() -> R:
            session = open_writing(engine, principal.tenant_id)
            async with session.writing(), self._counted(session, principal) as transaction:
                return await work(transaction)

        with _clear_errors():
            done = await self._writers.visit(visit)
        self._tenants.add(principal.tenant_id)
        return done

    async def live_chunks(self, principal: Principal, ids: Sequence[str]) -> list[LiveChunk]:
        """Return what `chunks.live` of a reading transaction returns, in the fastest way.

        Raises:
            DatabaseError: In words that a person can act on.
        """
        if self._readers is None:
            async with self.begin(principal, read_only=True) as transaction:
                return await transaction.chunks.live(ids)
        with _clear_errors():
            async with self._readers.turn():
                rows = await in_thread(
                    fetch,
                    self._readers.engine,
                    principal.tenant_id,
                    LIVE,
                    live_parameters(principal, ids),
                )
        return live_chunks(rows, ids)

    @asynccontextmanager
    async def unscoped(self, *, read_only: bool = False) -> AsyncIterator[UnscopedTransaction]:
        """Open a transaction outside any tenant, for authentication and recovery ONLY.

        Args:
            read_only: Do not wait for a writer; use it to look up a key.

        Raises:
            DatabaseError: In words that a person can act on.
        """
        with _clear_errors():
            engine = self._reading if read_only else self._engine
            async with (
                nullcontext() if read_only else self._turn(),
                AsyncSession(engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield UnscopedTransaction(session)

    async def is_current(self) -> bool:
        """Tell whether the tables are those of this release.

        Raises:
            DatabaseError: The database does not answer.
        """
        try:
            await self._expect_head()
        except SchemaError:
            return False
        return True

    async def check(self) -> Health:
        """Tell whether the database answers and its tables are of this release."""
        try:
            await self._expect_head()
        except DatabaseError as error:
            return Health(status=Status.UNAVAILABLE, plugin=self.dialect, detail=str(error))
        return Health(status=Status.READY, plugin=self.dialect)

    async def _expect_head(self) -> None:
        with _clear_errors():
            async with self._reading.connect() as connection:
                await connection.run_sync(expect_head)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._readers is not None:
            await self._readers.aclose()
        if self._writers is not None:
            await self._writers.aclose()
        await self._engine.dispose()

    @asynccontextmanager
    async def _read(self, tenant_id: str) -> AsyncIterator[AsyncSession]:
        """Open a session that reads, with the connections that are fastest at it."""
        if self._readers is None:
            async with (
                open_session(self._reading, tenant_id, read_only=True) as session,
                session.begin(),
            ):
                yield session
            return
        session = open_reading(self._readers.engine, tenant_id)
        async with self._readers.turn(), session.reading():
            yield session

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Queue writers of this process: SQLite itself lets them poll, unfairly and slowly."""
        if self._writers is None:
            yield
            return
        async with self._writers.turn():
            yield


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise translate(error) from error
