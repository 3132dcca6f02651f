"""The list of earlier conversations, in a real Chromium against a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio import to_thread
from playwright.async_api import Page, expect

from tests.console import manual
from tests.console.scratch_server import add_document, serving
from tests.console.screens import PHONE

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path) as address:
        add_document(address, manual.NAME, manual.manual())
        yield address


async def ask(page: Page, question: str, answers: int = 1) -> None:
    field = page.get_by_label("Your question")
    await field.fill(question)
    await field.press("Enter")
    await expect(page.locator(".turn .meta")).to_have_count(answers, timeout=20_000)


async def test_a_conversation_is_opened_and_carried_on(page: Page, base: str) -> None:
    await page.goto(base)
    past = page.get_by_role("navigation", name="Conversations")
    await expect(past).to_contain_text("What you ask is kept here.")
    await ask(page, manual.QUESTION)
    await expect(past.get_by_role("button", name=manual.QUESTION)).to_have_attribute(
        "aria-current", "true"
    )
    await page.get_by_role("button", name="New conversation").click()
    await ask(page, manual.OUTSIDE)
    await expect(past.locator(".past-title")).to_have_count(2)

    await past.get_by_role("button", name=manual.QUESTION).click()
    await expect(page.locator(".turn")).to_have_count(1)
    await expect(page.locator(".prose")).to_contain_text("every evening after closing")
    await page.locator(".chip").first.click()
    await expect(page.get_by_role("dialog", name="Source").get_by_role("img")).to_be_visible()
    await page.get_by_role("button", name="Close").click()
    await ask(page, manual.OUTSIDE, answers=2)

    await page.reload()
    await past.get_by_role("button", name=manual.QUESTION).click()
    await expect(page.locator(".turn")).to_have_count(2)


async def test_it_is_renamed_exported_deleted_and_restored(page: Page, base: str) -> None:
    await page.goto(base)
    await ask(page, manual.QUESTION)
    past = page.get_by_role("navigation", name="Conversations")
    await past.get_by_role("button", name="Rename").click()
    field = past.get_by_label("New title")
    await field.fill("The <b>urn</b>")
    await field.press("Enter")
    title = past.get_by_role("button", name="The <b>urn</b>")
    await expect(title).to_be_visible()

    async with page.expect_download() as started:
        await past.get_by_role("link", name="Export").click()
    file = await (await started.value).path()
    text = await to_thread.run_sync(Path(file).read_text)
    assert text.startswith("# The <b>urn</b>\n")
    assert f"[1] {manual.NAME}, version 1, page 2" in text

    await past.get_by_role("button", name="Delete").click()
    await expect(past.get_by_text("Deleted")).to_be_visible()
    await expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    await past.get_by_role("button", name="Undo").click()
    await expect(title).to_be_visible()
    await expect(page.locator(".turn")).to_have_count(1)


async def test_a_phone_shows_the_list_when_it_is_wanted(page: Page, base: str) -> None:
    await page.set_viewport_size(PHONE)
    await page.goto(base)
    await ask(page, manual.QUESTION)
    past = page.get_by_role("navigation", name="Conversations")
    await expect(past).to_be_hidden()
    await page.get_by_role("button", name="Conversations", exact=True).click()
    await past.get_by_role("button", name="Hide the list").click()
    await expect(past).to_be_hidden()
    await page.get_by_role("button", name="Conversations", exact=True).click()
    await past.get_by_role("button", name=manual.QUESTION).click()
    await expect(past).to_be_hidden()
    await expect(page.locator(".turn")).to_have_count(1)
    overflow = "() => document.documentElement.scrollWidth - innerWidth"
    assert await page.evaluate(overflow) <= 0
