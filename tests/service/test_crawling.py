"""What a source has, had and changes is what the collection has."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data.models import ItemState, OnGone
from service.container import Container, open_container
from service.errors import SourceBusyError, SourceClosedError, SourceNotFoundError
from service.library import Upload
from service.schemas import JobStatus
from service.settings import Settings, load_settings
from service.source_schemas import SourceChange
from tests.service.counting import install
from tests.service.crawls import (
    OWNER,
    add_folder,
    crawl,
    documents,
    end_of,
    items,
    report_of,
    search,
)

KETTLE = "# Kettle\n\nDescale the kettle every 60 days.\n\n## Data\n\n2200 W at 230 V.\n"
OVEN = "# Oven\n\nWipe the door with soapy water.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two manuals."""
    (tmp_path / "manuals" / "ovens").mkdir(parents=True)
    (tmp_path / "manuals" / "kettle.md").write_text(KETTLE)
    (tmp_path / "manuals" / "ovens" / "oven.md").write_text(OVEN)
    return tmp_path / "manuals"


@pytest.fixture
def plain(settings: Settings, embedded: list[str]) -> Settings:
    """Settings that start no process, with the embedder that counts."""
    return load_settings(
        home=settings.home,
        embedder={"plugin": "counting"},
        guards=settings.guards,
        reranker=settings.reranker,
        parser={"plugin": "text"},
        jobs={"retry_base_s": 0.05, "max_attempts": 2},
    )


@pytest.fixture
async def container(plain: Settings) -> AsyncIterator[Container]:
    async with open_container(plain) as opened:
        yield opened


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passages that the embedder was given."""
    return install(tmp_path, monkeypatch)


def later(path: Path, text: str) -> None:
    """Write a file whose stamp is another one for certain."""
    path.write_text(text)
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000))


async def test_the_first_crawl_takes_all_and_the_second_nothing(
    container: Container, folder: Path, embedded: list[str]
) -> None:
    source = await add_folder(container, folder)

    first = await crawl(container)

    assert (first.fetched, first.unchanged, first.failed) == (2, 0, 0)
    assert first.reasons == {"fetched": {"indexed": 2}}
    assert first.bytes_fetched == len(KETTLE) + len(OVEN)
    found = await documents(container)
    assert set(found) == {"kettle.md", "ovens/oven.md"}
    assert {row.source_id for row in found.values()} == {source.source_id}
    assert found["kettle.md"].source_uri == (folder / "kettle.md").as_uri()
    assert "kettle.md" in await search(container, "descale the kettle")
    embedded.clear()

    second = await crawl(container)

    assert (second.fetched, second.unchanged, second.bytes_fetched) == (0, 2, 0)
    assert second.reasons == {"unchanged": {"stat": 2}}
    assert embedded == []


async def test_one_changed_paragraph_is_one_chunk_to_embed(
    container: Container, folder: Path, embedded: list[str]
) -> None:
    await add_folder(container, folder)
    await crawl(container)
    embedded.clear()
    later(folder / "kettle.md", KETTLE.replace("60", "90"))

    report = await crawl(container)

    assert report.reasons == {"fetched": {"indexed": 1}, "unchanged": {"stat": 1}}
    assert len(embedded) == 1
    assert "90 days" in embedded[0]
    assert (await documents(container))["kettle.md"].version == 2


async def test_other_bytes_of_the_same_text_are_unchanged(
    container: Container, folder: Path, embedded: list[str]
) -> None:
    await add_folder(container, folder)
    await crawl(container)
    embedded.clear()
    later(folder / "kettle.md", KETTLE.replace("\n", "\r\n"))

    report = await crawl(container)
    again = await crawl(container)

    assert report.reasons == {"unchanged": {"stat": 1, "text": 1}}
    assert again.reasons == {"unchanged": {"stat": 2}}
    assert embedded == []
    assert (await documents(container))["kettle.md"].version == 1


async def test_what_is_gone_is_not_found_any_more(container: Container, folder: Path) -> None:
    await add_folder(container, folder)
    await crawl(container)
    (folder / "kettle.md").unlink()

    report = await crawl(container)

    assert (report.gone, report.reasons["gone"]) == (1, {"deleted": 1})
    assert set(await documents(container)) == {"ovens/oven.md"}
    assert await search(container, "descale the kettle") <= {"ovens/oven.md"}
    assert (await items(container))["kettle.md"].state is ItemState.GONE
    assert (await crawl(container)).gone == 0

    later(folder / "kettle.md", KETTLE)
    back = await crawl(container)
    assert back.reasons["fetched"] == {"indexed": 1}
    assert "kettle.md" in await search(container, "descale the kettle")


async def test_a_source_may_keep_what_is_gone(container: Container, folder: Path) -> None:
    await add_folder(container, folder, on_gone="keep")
    await crawl(container)
    (folder / "kettle.md").unlink()

    report = await crawl(container)

    assert report.reasons["gone"] == {"kept": 1}
    assert "kettle.md" in await documents(container)
    await container.sources.update(OWNER, "manuals", SourceChange(on_gone=OnGone.DELETE))
    assert (await crawl(container)).gone == 0


async def test_what_the_rules_leave_out_now_goes(container: Container, folder: Path) -> None:
    await add_folder(container, folder, on_gone="keep")
    await crawl(container)
    await container.sources.update(OWNER, "manuals", SourceChange(options={"exclude": ["ovens/*"]}))

    report = await crawl(container)

    assert report.reasons["skipped"] == {"outside": 1}
    assert set(await documents(container)) == {"kettle.md"}
    found = (await items(container))["oven.md"]
    assert (found.state, found.reason) == (ItemState.SKIPPED, "outside")


async def test_a_copy_is_taken_in_when_the_original_goes(
    container: Container, folder: Path
) -> None:
    (folder / "copy.md").write_text(KETTLE)
    await add_folder(container, folder)
    first = await crawl(container)
    assert first.reasons["fetched"] == {"indexed": 2, "duplicate": 1}
    states = {name: item.state for name, item in (await items(container)).items()}
    held, copy = sorted(("copy.md", "kettle.md"), key=lambda name: states[name] != "indexed")
    (folder / held).unlink()

    report = await crawl(container)

    assert (report.gone, report.fetched) == (1, 1)
    assert copy in await documents(container)
    assert copy in await search(container, "descale the kettle")


async def test_a_file_that_a_person_added_is_taken_on(container: Container, folder: Path) -> None:
    upload = Upload(source="kettle.md", path=folder / "kettle.md", keep=True)
    await end_of(container, (await container.library.submit(OWNER, "default", [upload])).job_id)
    await add_folder(container, folder)

    report = await crawl(container)

    assert report.reasons == {"fetched": {"indexed": 1}, "unchanged": {"content": 1}}
    later(folder / "kettle.md", KETTLE.replace("60", "90"))
    await crawl(container)
    found = await documents(container)
    assert set(found) == {"kettle.md", "ovens/oven.md"}
    assert found["kettle.md"].version == 2


async def test_two_sources_with_a_file_of_one_name_do_not_meet(
    container: Container, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kettle.md").write_text("# Another kettle\n\nIt whistles.\n")
    await add_folder(container, folder)
    await crawl(container)
    await add_folder(container, other, name="second")

    await crawl(container, "second")

    names = set(await documents(container))
    (added,) = names - {"kettle.md", "ovens/oven.md"}
    assert added.startswith("kettle~") and added.endswith(".md")
    later(other / "kettle.md", "# Another kettle\n\nIt hums.\n")
    await crawl(container, "second")
    assert set(await documents(container)) == names


async def test_a_file_in_quarantine_is_not_read_again(container: Container, folder: Path) -> None:
    (folder / "empty.md").write_text("")
    await add_folder(container, folder)

    report = await crawl(container)
    again = await crawl(container)

    assert report.reasons["fetched"] == {"indexed": 2, "quarantined": 1}
    assert again.reasons == {"unchanged": {"stat": 3}}
    found = (await items(container))["empty.md"]
    assert (found.state, found.reason) == (ItemState.QUARANTINED, "empty")


async def test_a_crawl_that_was_killed_fetches_only_what_is_missing(
    plain: Settings, folder: Path, embedded: list[str]
) -> None:
    for number in range(14):
        (folder / f"page-{number:02}.md").write_text(f"# Page {number}\n\nIt is number {number}.\n")
    async with open_container(plain) as first:
        await add_folder(first, folder)
        job = await first.sources.crawl(OWNER, "manuals")
        ended = 0
        async for event in first.jobs.events(OWNER, job.job_id):
            ended += event.type == "document.finished"
            if ended == 4:
                break
    assert 0 < len(embedded) < 14

    async with open_container(plain, resume=True) as second:
        report = report_of(await end_of(second, job.job_id))
        assert len(await documents(second)) == 16
        states = {item.state for item in (await items(second)).values()}
        assert states == {ItemState.INDEXED}
        assert len({*embedded}) == 17
        # What was under way when the crawl was killed may be embedded again, and no more.
        assert len(embedded) <= 17 + plain.jobs.concurrency
        assert report.fetched == 16 - report.reasons.get("unchanged", {}).get("content", 0)


async def test_a_folder_that_is_not_there_fails_with_the_reason(
    container: Container, folder: Path
) -> None:
    await add_folder(container, folder)
    await crawl(container)
    shutil.move(folder, folder.with_name("unmounted"))

    job = await container.sources.crawl(OWNER, "manuals")
    ended = await end_of(container, job.job_id)

    assert ended.status is JobStatus.FAILED
    assert "cannot be listed" in (ended.message or "")
    assert len(await documents(container)) == 2


async def test_a_source_is_crawled_by_one_job_at_a_time(container: Container, folder: Path) -> None:
    await add_folder(container, folder)
    job = await container.sources.crawl(OWNER, "manuals")

    with pytest.raises(SourceBusyError, match=job.job_id):
        await container.sources.crawl(OWNER, "manuals")
    with pytest.raises(SourceBusyError, match=job.job_id):
        await container.sources.remove(OWNER, "manuals")
    await end_of(container, job.job_id)
    await container.sources.update(OWNER, "manuals", SourceChange(enabled=False))
    with pytest.raises(SourceClosedError, match="switched off"):
        await container.sources.crawl(OWNER, "manuals")
    with pytest.raises(SourceNotFoundError):
        await container.sources.crawl(OWNER, "nowhere")


async def test_the_spool_is_empty_after_a_crawl(container: Container, folder: Path) -> None:
    await add_folder(container, folder)
    await crawl(container)

    spool = container.settings.home / "spool"
    assert not [path for path in spool.rglob("*") if path.is_file()]
