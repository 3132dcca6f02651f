"""Both databases, migrated once each; every test starts with empty tables."""

import shutil
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from data import migrate
from data.database import Database
from data.models import Base
from data.values import NewChunk, NewVersion
from providers.principal import Principal, Role
from providers.types import PageSpan


@dataclass(frozen=True)
class Stored:
    """A document as a test left it."""

    collection_id: str
    document_id: str
    version_id: str
    chunk_ids: list[str]


class Library:
    """Stores documents the way an ingestion does."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def store(
        self,
        principal: Principal,
        source: str = "manual.pdf",
        *,
        sha256: str = "a" * 64,
        texts: Sequence[str] = ("first", "second"),
        publish: bool = True,
    ) -> Stored:
        """Add a version with one chunk a text; equal texts of a document share their id."""
        async with self.database.begin(principal) as tx:
            collection = await tx.collections.ensure("default")
            document = await tx.documents.ensure(collection.id, source)
            version = await tx.documents.add_version(
                document.id, NewVersion(sha256=sha256, bytes=3, media_type="application/pdf")
            )
            chunks = [chunk(document.id, text, ordinal) for ordinal, text in enumerate(texts)]
            await tx.chunks.replace(document.id, version.id, chunks)
            if publish:
                await tx.documents.publish(version.id)
        return Stored(collection.id, document.id, version.id, [made.id for made in chunks])


def chunk(document_id: str, text: str, ordinal: int = 0) -> NewChunk:
    """A chunk of 30 characters' place on page 2."""
    return NewChunk(
        id=str(uuid.uuid5(uuid.UUID(document_id), text)),
        ordinal=ordinal,
        text=text,
        char_start=ordinal * 30,
        char_end=ordinal * 30 + 30,
        token_count=6,
        heading_path=("Guide", "Straße"),
        page_start=2,
        page_end=2,
        page_spans=(PageSpan(number=2, start=0, end=30),),
        language="en",
    )


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]


def make_database(maintenance: str) -> str:
    """Create an empty database on the server and return its URL."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return str(engine.url.set(database=name).render_as_string(hide_password=False))


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/cicerone.db"
    return make_database(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "cicerone.db"
    migrate.upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_migrated(postgres: str) -> str:
    """URL of a migrated PostgreSQL database, shared by the tests of a session."""
    url = make_database(postgres)
    migrate.upgrade(url)
    return url


@pytest.fixture
def sqlite_file(sqlite_template: Path, tmp_path: Path) -> Path:
    """A migrated SQLite file with empty tables."""
    return Path(shutil.copy(sqlite_template, tmp_path / "cicerone.db"))


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """URL of a migrated database with empty tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{request.getfixturevalue('sqlite_file')}"
    migrated: str = request.getfixturevalue("postgres_migrated")
    engine = create_engine(migrated)
    with engine.begin() as connection:
        tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
        connection.execute(text(f"TRUNCATE {tables}"))
    engine.dispose()
    return migrated


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = Database.open(url)
    yield opened
    await opened.aclose()


@pytest.fixture
def alice() -> Principal:
    return Principal(tenant_id="acme", subject="alice", roles=frozenset({Role.ADMIN}))


@pytest.fixture
def bob() -> Principal:
    """Somebody of another tenant."""
    return Principal(tenant_id="other", subject="bob", roles=frozenset({Role.ADMIN}))


@pytest.fixture
def library(database: Database) -> Library:
    return Library(database)
