"""The caches of a whole service, over SQLite and over servers."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from graphs.errors import CollectionNotFoundError
from providers.principal import Principal, Role, local_principal
from service.caches import versions_of
from service.container import Container, open_container
from service.errors import ForbiddenError
from service.library import Upload
from service.schemas import AskRequest, SearchRequest
from service.settings import Settings, load_settings

pytestmark = pytest.mark.integration

ADMIN = local_principal()
QUESTION = "How often must I descale the kettle?"
SAME = "How often should I descale the kettle?"
MEANING = {"semantic": {"enabled": True, "threshold": 0.6}}


async def fill(container: Container, manual: Upload) -> None:
    job = await container.library.submit(ADMIN, "default", [manual])
    async for _ in container.jobs.events(ADMIN, job.job_id):
        pass


async def cached(container: Container, question: str = QUESTION, **more: Any) -> str | None:
    answer = await container.answering.answer(ADMIN, AskRequest(question=question, **more))
    assert "60 days" in answer.answer
    return answer.cached


def settings_of(tmp_path: Path, **more: Any) -> Settings:
    return load_settings(
        home=tmp_path / "home",
        embedder={"plugin": "hashing"},
        reranker={"plugin": "late_interaction", "enabled": False},
        # The rules alone: how well the guards judge is tested elsewhere.
        guards={"question": ["rules"], "passage": ["rules"]},
        **more,
    )


@pytest.fixture
def database_url(new_postgres: Callable[[], str]) -> str:
    return new_postgres()


@pytest.fixture
def folder(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a home whose database has its tables."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    shutil.copy(empty_database, tmp_path / "home")
    return tmp_path


@pytest.fixture(params=["sqlite", pytest.param("servers", marks=pytest.mark.integration)])
async def filled(
    request: pytest.FixtureRequest, folder: Path, manual: Upload
) -> AsyncIterator[Container]:
    more: dict[str, Any] = {}
    if request.param == "servers":
        url = request.getfixturevalue("database_url")
        more = {
            "database": {"url": url},
            "vector_store": {"plugin": "pgvector", "options": {"url": url}},
        }
    async with open_container(settings_of(folder, caches=MEANING, **more)) as container:
        await fill(container, manual)
        yield container


async def test_both_caches_answer_until_they_are_cleared(filled: Container) -> None:
    assert await cached(filled) is None
    assert await cached(filled) == "exact"
    assert await cached(filled, SAME) == "semantic"
    report = await filled.caches.report(ADMIN)
    exact, semantic, _ = report.caches
    assert (exact.hits, exact.misses, semantic.hits, semantic.entries) == (1, 2, 1, 1)
    done = await filled.caches.clear(ADMIN, "default")
    assert (done.collections, done.questions) == (1, 1)
    assert await cached(filled) is None
    with pytest.raises(CollectionNotFoundError):
        await filled.caches.clear(ADMIN, "nowhere")


async def test_nothing_is_answered_from_a_deleted_document(
    filled: Container, manual: Upload
) -> None:
    assert await cached(filled) is None
    (document,) = (await filled.library.documents(ADMIN)).documents
    await filled.library.delete(ADMIN, document.document_id)
    for question in (QUESTION, SAME):
        answer = await filled.answering.answer(ADMIN, AskRequest(question=question))
        assert (answer.cached, answer.abstained) == (None, True)
    await filled.upkeep.trash.restore(ADMIN, document.document_id)
    assert await cached(filled) is None
    assert await cached(filled) == "exact"


async def test_questions_and_deletes_at_once_never_meet_a_stale_answer(
    filled: Container,
) -> None:
    assert await cached(filled) is None
    (document,) = (await filled.library.documents(ADMIN)).documents
    gone = asyncio.Event()

    async def ask() -> None:
        for _ in range(5):
            was_gone = gone.is_set()
            answer = await filled.answering.answer(ADMIN, AskRequest(question=QUESTION))
            assert answer.abstained or not was_gone

    async def delete() -> None:
        await asyncio.sleep(0.02)
        await filled.library.delete(ADMIN, document.document_id)
        gone.set()

    await asyncio.gather(ask(), ask(), ask(), delete())


async def test_answers_at_once_in_one_conversation_keep_their_pairs(filled: Container) -> None:
    await asyncio.gather(*(cached(filled, conversation_id="chat") for _ in range(8)))
    turns = (await filled.conversations.show(ADMIN, "chat")).turns
    assert [turn.sequence for turn in turns] == list(range(1, 17))
    assert [turn.role for turn in turns] == ["user", "assistant"] * 8
    for asked, answered in zip(turns[::2], turns[1::2], strict=True):
        assert asked.trace_id == answered.trace_id


async def test_a_search_asks_no_cache(container: Container, manual: Upload) -> None:
    await fill(container, manual)
    for _ in range(2):
        found = await container.answering.search(ADMIN, SearchRequest(query=QUESTION))
        assert found.hits
    report = await container.caches.report(ADMIN)
    assert [(each.hits, each.misses) for each in report.caches] == [(0, 0)] * 3


async def test_only_administrators_look_at_them(container: Container) -> None:
    reader = Principal(tenant_id=ADMIN.tenant_id, subject="r", roles=frozenset({Role.READER}))
    with pytest.raises(ForbiddenError):
        await container.caches.report(reader)
    with pytest.raises(ForbiddenError):
        await container.caches.clear(reader)


async def test_without_a_cache_nothing_is_remembered(folder: Path, manual: Upload) -> None:
    settings = settings_of(folder, cache={"enabled": False}, caches=MEANING)
    async with open_container(settings) as container:
        await fill(container, manual)
        assert [await cached(container) for _ in range(2)] == [None, None]
        report = await container.caches.report(ADMIN)
        assert (report.plugin, report.status) == (None, "disabled")
        assert not any(each.enabled for each in report.caches)
        assert (await container.caches.clear(ADMIN)).collections == 1


async def test_a_cache_that_is_away_is_not_noticed_in_answers(folder: Path, manual: Upload) -> None:
    away = {"plugin": "redis", "options": {"url": "redis://127.0.0.1:9/0", "timeout_s": 1}}
    async with open_container(settings_of(folder, cache=away, caches=MEANING)) as container:
        await fill(container, manual)
        answer = await container.answering.answer(ADMIN, AskRequest(question=QUESTION))
        assert (answer.cached, answer.degraded) == (None, [])
        report = await container.caches.report(ADMIN)
        assert report.status == "unavailable"
        assert all(each.failed == 1 for each in report.caches)
        health = await container.health.report()
        assert health.capabilities["cache"].status == "unavailable"


@pytest.mark.system
async def test_two_servers_share_their_answers(
    folder: Path, manual: Upload, database_url: str, redis_url: str
) -> None:
    shared: dict[str, Any] = {
        "database": {"url": database_url},
        "vector_store": {"plugin": "pgvector", "options": {"url": database_url}},
        "cache": {"plugin": "redis", "options": {"url": redis_url, "prefix": "two:"}},
        "caches": MEANING,
    }
    first, second = (settings_of(folder / name, **shared) for name in "ab")
    async with open_container(first) as one, open_container(second) as other:
        await fill(one, manual)
        assert await cached(one) is None
        assert await cached(other) == "exact"
        assert await cached(other, SAME) == "semantic"
        await other.caches.clear(ADMIN)
        assert await cached(one) is None
        (document,) = (await one.library.documents(ADMIN)).documents
        await one.library.delete(ADMIN, document.document_id)
        answer = await other.answering.answer(ADMIN, AskRequest(question=SAME))
        assert (answer.cached, answer.abstained) == (None, True)


def test_settings_that_answers_hang_on_are_part_of_the_key(tmp_path: Path) -> None:
    plain = settings_of(tmp_path)
    assert versions_of(plain) == versions_of(settings_of(tmp_path, server={"port": 1234}))
    other = settings_of(tmp_path, query={"answer": {"min_support": 0.7}})
    assert versions_of(plain) != versions_of(other)
