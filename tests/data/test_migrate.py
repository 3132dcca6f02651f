import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from data import migrate
from data.database import Database
from data.engine import parse_url
from data.errors import DatabaseCorruptError, DatabaseUnreachableError, SchemaError
from data.models import Base
from data.revision import HEAD
from providers.principal import Principal
from providers.types import Status


def synchronous(url: str) -> URL:
    parsed = parse_url(url)
    return parsed.set(drivername="sqlite") if parsed.drivername.startswith("sqlite") else parsed


def tables(url: str) -> set[str]:
    engine = create_engine(synchronous(url))
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def test_upgrade_makes_exactly_the_models_and_downgrade_removes_them(empty_url: str) -> None:
    assert migrate.current(empty_url) is None
    assert migrate.drift(empty_url) != []

    migrate.upgrade(empty_url)

    assert migrate.current(empty_url) == migrate.head()
    assert migrate.drift(empty_url) == []
    assert tables(empty_url) == {*Base.metadata.tables, "alembic_version"}

    migrate.upgrade(empty_url)  # again: nothing to do
    migrate.downgrade(empty_url, "base")

    assert tables(empty_url) == {"alembic_version"}
    migrate.upgrade(empty_url)
    assert migrate.drift(empty_url) == []


def test_drift_names_a_table_that_the_models_do_not_know(url: str) -> None:
    engine = create_engine(synchronous(url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE stray (id INTEGER PRIMARY KEY)"))
    try:
        assert any("stray" in line for line in migrate.drift(url))
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE stray"))
        engine.dispose()


async def test_a_database_without_tables_says_how_to_make_them(
    empty_url: str, alice: Principal
) -> None:
    database = Database.open(empty_url)
    health = await database.check()
    assert health.status is Status.UNAVAILABLE
    assert "cicerone db upgrade" in health.detail
    with pytest.raises(SchemaError, match="cicerone db upgrade"):
        async with database.begin(alice) as tx:
            await tx.collections.list()
    await database.aclose()


async def test_a_database_of_another_release_is_not_healthy(url: str) -> None:
    engine = create_engine(synchronous(url))
    database = Database.open(url)
    try:
        assert (await database.check()).status is Status.READY
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'old'"))
        health = await database.check()
        assert health.status is Status.UNAVAILABLE
        assert "revision old" in health.detail
    finally:
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE alembic_version SET version_num = :head"), {"head": migrate.head()}
            )
        engine.dispose()
        await database.aclose()


def test_a_failed_migration_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scripts = tmp_path / "scripts"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text((migrate.SCRIPTS / "env.py").read_text())
    (scripts / "versions" / "bad.py").write_text(
        "from alembic import op\nrevision = 'bad'\ndown_revision = None\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (id INTEGER)')\n    raise SystemError\n"
        "def downgrade():\n    pass\n"
    )
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    with pytest.raises(SystemError):
        migrate.upgrade(empty_url)
    assert "half" not in tables(empty_url)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no database, it is a text of some length\n" * 40)
    with pytest.raises(DatabaseCorruptError, match="not a SQLite database"):
        migrate.upgrade(f"sqlite+aiosqlite:///{path}")


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(DatabaseUnreachableError, match="cannot be reached"):
        migrate.current("postgresql+psycopg://nobody@127.0.0.1:1/none")


def test_migrations_run_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    migrate.upgrade("sqlite+aiosqlite:///here.db")
    with sqlite3.connect(tmp_path / "here.db") as connection:
        assert connection.execute("SELECT count(*) FROM documents").fetchone() == (0,)
    connection.close()


def test_the_expected_revision_is_the_newest_one() -> None:
    assert migrate.head() == HEAD


def test_what_the_first_release_stored_survives_the_way_up_and_down(empty_url: str) -> None:
    migrate.upgrade(empty_url, "20261120_first")
    engine = create_engine(synchronous(empty_url))
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tenants (id, name, created_at) VALUES ('acme', 'Acme', :now)"),
            {"now": "2026-11-20 10:00:00+00:00"},
        )
        connection.execute(
            text(
                "INSERT INTO collections (tenant_id, id, name, created_at) "
                "VALUES ('acme', 'c1', 'default', :now)"
            ),
            {"now": "2026-11-20 10:00:00+00:00"},
        )
        connection.execute(
            text(
                "INSERT INTO documents (tenant_id, id, collection_id, source, status, version, "
                "bytes, chunk_count, updated_at, created_at) "
                "VALUES ('acme', 'd1', 'c1', 'a.pdf', 'indexed', 1, 3, 0, :now, :now)"
            ),
            {"now": "2026-11-20 10:00:00+00:00"},
        )

    migrate.upgrade(empty_url)

    kept = text(
        "SELECT d.source, d.quotable, d.is_public, c.duplicate_policy FROM documents d "
        "JOIN collections c ON c.id = d.collection_id"
    )
    with engine.begin() as connection:
        source, quotable, is_public, policy = connection.execute(kept).one()
    assert (source, bool(quotable), bool(is_public), policy) == ("a.pdf", True, False, "keep_all")

    migrate.downgrade(empty_url, "20261120_first")

    with engine.begin() as connection:
        assert connection.execute(text("SELECT source FROM documents")).scalar_one() == "a.pdf"
    engine.dispose()


async def test_the_database_refuses_to_change_the_audit_trail(
    database: Database, url: str, alice: Principal
) -> None:
    async with database.begin(alice) as tx:
        await tx.audit.add("document.read", target="d1")
    engine = create_engine(synchronous(url))
    for statement in ("UPDATE audit_events SET subject = 'mallory'", "DELETE FROM audit_events"):
        with (
            pytest.raises(DBAPIError, match="audit events are only ever added"),
            engine.begin() as connection,
        ):
            connection.execute(text(statement))
    with engine.begin() as connection:
        assert connection.execute(text("SELECT subject FROM audit_events")).scalar_one() == "alice"
    engine.dispose()
