"""A site on this machine: what is taken, what is left out and why, and the second time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from data.models import ItemState
from service.container import Container, open_container
from service.settings import Settings, load_settings
from service.source_schemas import NewSource
from tests.providers.source.site import Served, build_site, serving
from tests.service.crawls import LOOPBACK, OWNER, add_folder, crawl, documents, items, search


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as found:
        yield found


@pytest.fixture
async def container(settings: Settings) -> AsyncIterator[Container]:
    changed = load_settings(
        home=settings.home,
        embedder={"plugin": "hashing"},
        guards={"question": ["rules"], "passage": ["rules"]},
        reranker=settings.reranker,
        jobs={"retry_base_s": 0.05, "max_attempts": 2},
    )
    async with open_container(changed) as opened:
        yield opened


async def add_site(container: Container, served: Served, **options: Any) -> None:
    given = {
        "start": [f"{served.root}/index.html"],
        "allow_networks": LOOPBACK,
        "ports": [served.port],
        "delay_s": 0,
        "retries": 0,
        **options,
    }
    await container.sources.add(OWNER, NewSource(name="site", plugin="web", options=given))


def page(text: str) -> str:
    return f"<h1>Kettle</h1><p>{text}</p>"


async def test_a_site_is_taken_once_and_then_only_what_changed(
    container: Container, served: Served
) -> None:
    site = build_site(served, 25, page_bytes=1500)
    await add_site(container, served)

    first = await crawl(container, "site")
    sent = served.sent
    served.forget()
    second = await crawl(container, "site")

    assert first.fetched > 25
    assert first.reasons["skipped"]["noai"] == first.reasons["skipped"]["noindex"] == 10
    assert first.reasons["skipped"]["robots"] > 0
    assert second.fetched == 0
    assert second.reasons["unchanged"]["etag"] == 25
    assert second.unchanged == first.fetched
    assert served.sent < sent / 2
    site.edit("/guides/page-1.html", page("Descale the zanzibar kettle every 60 days."))
    third = await crawl(container, "site")
    assert third.reasons["fetched"] == {"indexed": 1}
    assert len(await search(container, "zanzibar kettle")) >= 1


async def test_a_new_time_stamp_in_the_markup_is_nothing_new(
    container: Container, served: Served
) -> None:
    served.page("/index.html", page("Descale it every 60 days."))
    await add_site(container, served)
    await crawl(container, "site")
    served.page("/index.html", "<!-- made at 12:01 -->" + page("Descale it every 60 days."))

    report = await crawl(container, "site")

    assert report.reasons["unchanged"] == {"text": 1}
    (document,) = (await documents(container)).values()
    assert document.version == 1


async def test_what_its_owner_withdraws_is_not_found_any_more(
    container: Container, served: Served
) -> None:
    served.page("/index.html", '<a href="/a.html">a</a><a href="/b.html">b</a>' + page("Start."))
    served.page("/a.html", page("The zanzibar kettle."))
    served.page("/b.html", page("The barbados oven."))
    await add_site(container, served)
    await crawl(container, "site")
    assert len(await documents(container)) == 3
    served.page("/a.html", page("The zanzibar kettle."), X_Robots_Tag="noai")
    del served.answers["/b.html"]

    report = await crawl(container, "site")

    assert report.reasons["gone"] == {"deleted": 2}
    assert report.reasons["skipped"] == {"noai": 1}
    assert len(await documents(container)) == 1
    found = await items(container, "site")
    assert found["a.html"].state is ItemState.SKIPPED
    assert found["b.html"].state is ItemState.GONE


async def test_a_page_that_fails_stays_findable_and_says_why(
    container: Container, served: Served
) -> None:
    served.page("/index.html", page("Descale it every 60 days."))
    await add_site(container, served)
    await crawl(container, "site")
    served.text("/index.html", "broken", 500)

    report = await crawl(container, "site")

    assert report.reasons == {"failed": {"transient": 1}}
    found = (await items(container, "site"))["index.html"]
    assert (found.state, found.reason) == (ItemState.INDEXED, "transient")
    assert len(await documents(container)) == 1
    served.page("/index.html", page("Descale it every 60 days."))
    again = await crawl(container, "site")
    assert again.failed == 0
    assert (await items(container, "site"))["index.html"].reason is None


def render(path: Path, text: str) -> None:
    """Write a PDF; each time its bytes are others, since it says when it was made."""
    canvas = Canvas(str(path))
    canvas.drawString(72, 720, text)
    canvas.save()


async def test_a_pdf_that_was_saved_again_is_nothing_new(
    container: Container, tmp_path: Path
) -> None:
    folder = tmp_path / "manuals"
    folder.mkdir()
    render(folder / "kettle.pdf", "Descale the kettle every 60 days with citric acid.")
    await add_folder(container, folder)
    await crawl(container)
    before = (folder / "kettle.pdf").read_bytes()
    await asyncio.sleep(1.1)
    render(folder / "kettle.pdf", "Descale the kettle every 60 days with citric acid.")
    assert (folder / "kettle.pdf").read_bytes() != before

    report = await crawl(container)

    assert report.reasons == {"unchanged": {"text": 1}}
    assert (await documents(container))["kettle.pdf"].version == 1
