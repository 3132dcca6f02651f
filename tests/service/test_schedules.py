"""Crawls by the clock: due, within a window, stopped when it closes, once among many servers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.database import Database
from providers.principal import local_principal
from service.container import Container, open_container
from service.crawling import CrawlHandler
from service.crawls import CRAWL, Crawls
from service.errors import SourceClosedError, SourceInvalidError
from service.jobs import Jobs
from service.runner import InlineRunner
from service.settings import Settings, load_settings
from service.source_schemas import NewSource, SourceChange
from tests.service.crawls import OWNER, add_folder, documents, end_of, items, report_of

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def plain(settings: Settings) -> Settings:
    return load_settings(
        home=settings.home,
        embedder=settings.embedder,
        reranker=settings.reranker,
        guards=settings.guards,
        parser={"plugin": "text"},
    )


@pytest.fixture
async def container(plain: Settings) -> AsyncIterator[Container]:
    async with open_container(plain) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "manuals").mkdir()
    for number in range(3):
        (tmp_path / "manuals" / f"page-{number}.md").write_text(f"# Page\n\nIt is {number}.\n")
    return tmp_path / "manuals"


def crawls_at(container: Container, clock: Clock) -> Crawls:
    return Crawls(container.database, container.jobs, max_attempts=1, clock=clock)


async def test_a_due_source_is_crawled_once_and_its_next_time_is_set(
    container: Container, folder: Path
) -> None:
    source = await add_folder(container, folder, schedule="0 3 * * *")
    assert source.next_crawl_at is not None
    clock = Clock(source.next_crawl_at - timedelta(seconds=1))
    crawls = crawls_at(container, clock)

    assert await crawls.tick() == []
    clock.moment = source.next_crawl_at + timedelta(minutes=5)
    (job,) = await crawls.tick()
    assert await crawls.tick() == []

    assert report_of(await end_of(container, job.job_id)).trigger == "schedule"
    shown = await container.sources.show(OWNER, "manuals")
    assert shown.next_crawl_at == source.next_crawl_at + timedelta(days=1)
    assert shown.last_crawl_at is not None


async def test_outside_its_window_a_source_waits(container: Container, folder: Path) -> None:
    await add_folder(
        container, folder, schedule="0 * * * *", window_start="22:00", window_end="06:00"
    )
    async with container.database.begin(OWNER) as tx:
        row = await tx.sources.by_name("manuals")
        assert row is not None
        await tx.sources.change(row.id, {"next_crawl_at": NOON})
    crawls = crawls_at(container, Clock(NOON))

    assert await crawls.tick() == []

    shown = await container.sources.show(OWNER, "manuals")
    assert shown.next_crawl_at == NOON.replace(hour=22)
    with pytest.raises(SourceClosedError, match="opens at 2026-11-25T22:00"):
        await crawls.start(OWNER, "manuals")
    job = await crawls.start(OWNER, "manuals", ignore_window=True)
    assert report_of(await end_of(container, job.job_id)).fetched == 3


async def test_a_crawl_stops_when_its_window_closes_and_goes_on_when_it_opens(
    container: Container, folder: Path
) -> None:
    await add_folder(container, folder, window_start="22:00", window_end="06:00")
    clock = Clock(datetime(2026, 11, 26, 6, 0, tzinfo=UTC))  # it has just closed
    handler = CrawlHandler(
        container.workflows.ingest,
        container.database,
        container.library.delete,
        spool=container.settings.home / "spool",
        concurrency=2,
        clock=clock,
    )
    settings = container.settings.jobs
    runner = InlineRunner(container.database, {CRAWL: handler}, settings)
    await runner.start(resume=False)
    jobs = Jobs(container.database, runner, max_attempts=1)
    crawls = Crawls(container.database, jobs, max_attempts=1, clock=Clock(NIGHT))
    job = await crawls.start(OWNER, "manuals")
    async for _ in jobs.events(OWNER, job.job_id):
        pass
    await runner.aclose()

    report = report_of(await container.jobs.get(OWNER, job.job_id))

    assert report.paused
    shown = await container.sources.show(OWNER, "manuals")
    assert shown.next_crawl_at == datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
    seen = report.fetched
    (again,) = await crawls_at(container, Clock(shown.next_crawl_at)).tick()
    rest = await end_of(container, again.job_id)
    assert rest.result is not None
    assert len(await documents(container)) == 3 or rest.result["paused"]
    assert seen <= 3


async def test_a_cancelled_crawl_keeps_what_it_has(container: Container, folder: Path) -> None:
    for number in range(17):
        (folder / f"more-{number}.md").write_text(f"# More\n\nNumber {number}.\n")
    await add_folder(container, folder)
    job = await container.sources.crawl(OWNER, "manuals")
    async for event in container.jobs.events(OWNER, job.job_id):
        if event.type == "document.finished":
            await container.jobs.cancel(OWNER, job.job_id)
            break

    ended = await end_of(container, job.job_id)

    assert ended.status.value == "cancelled"
    kept = await items(container)
    assert 0 < len(kept) < 20
    again = await container.sources.crawl(OWNER, "manuals")
    report = report_of(await end_of(container, again.job_id))
    assert report.fetched + report.reasons["unchanged"].get("content", 0) == 20 - len(kept)
    assert len(await documents(container)) == 20


@pytest.mark.integration
async def test_two_servers_on_one_database_start_a_crawl_once(
    plain: Settings,
    folder: Path,
    new_postgres: Callable[[], str],
) -> None:
    url = new_postgres()
    shared = load_settings(**{**plain.model_dump(), "database": {"url": url}})
    async with open_container(shared) as container:
        source = await add_folder(container, folder, schedule="0 3 * * *")
        assert source.next_crawl_at is not None
        other = Database.open(url)
        clock = Clock(source.next_crawl_at)
        jobs = Jobs(other, InlineRunner(other, {}, shared.jobs), max_attempts=1)
        both = (crawls_at(container, clock), Crawls(other, jobs, max_attempts=1, clock=clock))

        started = await asyncio.gather(*(crawls.tick() for crawls in both for _ in range(3)))

        (job,) = [job for found in started for job in found]
        await other.aclose()
        # Whoever started it, the table knows; here its own runner may not have been told.
        assert (await container.jobs.get(local_principal(), job.job_id)).kind == "crawl"


async def test_changes_of_a_watched_folder_are_taken_in_within_seconds(
    container: Container, folder: Path
) -> None:
    await add_folder(container, folder, options={"debounce_ms": 50})
    async with asyncio.timeout(45), aclosing(container.watching.watch(OWNER, "manuals")) as jobs:
        assert report_of(await anext(jobs)).fetched == 3
        following = asyncio.ensure_future(anext(jobs))
        await asyncio.sleep(0.5)
        (folder / "new.md").write_text("# New\n\nThe zanzibar kettle.\n")
        assert report_of(await following).reasons["fetched"] == {"indexed": 1}
        following = asyncio.ensure_future(anext(jobs))
        await asyncio.sleep(0.5)
        (folder / "new.md").unlink()
        assert report_of(await following).reasons["gone"] == {"deleted": 1}
    assert "new.md" not in await documents(container)


async def test_a_server_watches_what_is_set_to_be_watched(
    plain: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.watching.TICK_S", 0.1)
    async with open_container(plain, resume=True) as server:
        await add_folder(server, folder, watch=True, options={"debounce_ms": 50})
        async with asyncio.timeout(50):
            while len(await documents(server)) < 3:  # noqa: ASYNC110 - rows give no signal
                await asyncio.sleep(0.1)
            await server.sources.update(OWNER, "manuals", SourceChange(watch=False))


async def test_what_cannot_be_watched_is_refused(container: Container) -> None:
    options = {"start": ["https://docs.example.com/"]}
    await container.sources.add(OWNER, NewSource(name="site", plugin="web", options=options))
    with pytest.raises(SourceInvalidError, match="'web' cannot be watched"):
        await anext(container.watching.watch(OWNER, "site"))
