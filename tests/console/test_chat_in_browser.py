"""The chat, in a real Chromium against a real server."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from reportlab.lib.pagesizes import A4

from tests.console import manual
from tests.console.scratch_server import add_document, serving
from tests.console.screens import PHONE

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

RECORD = """() => {
    window.seen = [];
    new MutationObserver(() => {
        const answer = document.querySelector(".answer")?.innerText;
        if (answer && answer !== window.seen.at(-1)) window.seen.push(answer);
    }).observe(document.body, {childList: true, subtree: true});
}"""


@pytest.fixture(scope="module")
def base(server: str) -> str:
    add_document(server, manual.NAME, manual.manual())
    return server


async def ask(page: Page, question: str) -> None:
    field = page.get_by_label("Your question")
    await field.fill(question)
    await field.press("Enter")
    await expect(page.locator(".turn .meta").last).to_be_visible(timeout=20_000)


async def test_the_citation_of_an_answer_shows_the_page_with_the_quote_marked(
    page: Page, base: str
) -> None:
    await page.goto(base)
    await page.evaluate(RECORD)
    await ask(page, manual.QUESTION)

    answer = page.locator(".answer")
    await expect(answer.locator(".prose")).to_contain_text("every evening after closing")
    await expect(answer.locator(".source .where").first).to_have_text("page 2 · 2 Daily care")
    states = await page.evaluate("window.seen")
    assert any("…" in state and "closing" not in state for state in states), states

    await answer.locator(".chip").first.click()
    panel = page.get_by_role("dialog", name="Source")
    await expect(panel.get_by_role("heading")).to_have_text(manual.NAME)
    await expect(panel.get_by_role("img")).to_have_attribute(
        "alt", f"Page 2 of {manual.NAME}, with the quote marked"
    )
    sheet = await panel.locator(".sheet").bounding_box()
    mark = await panel.locator(".mark").first.bounding_box()
    assert sheet is not None
    assert mark is not None
    middle = (mark["y"] + mark["height"] / 2 - sheet["y"]) / sheet["height"]
    assert middle == pytest.approx((A4[1] - manual.TOP - 4) / A4[1], abs=0.01)
    assert (mark["x"] - sheet["x"]) / sheet["width"] == pytest.approx(72 / A4[0], abs=0.01)


async def test_the_original_opens_at_the_cited_page(page: Page, base: str) -> None:
    await page.goto(base)
    await ask(page, manual.QUESTION)
    await page.locator(".chip").first.click()

    link = page.get_by_role("link", name="Open original at page 2")
    address = await link.evaluate("link => link.href")
    assert address.endswith("#page=2")
    whole = await page.request.get(address)
    part = await page.request.get(address, headers={"Range": "bytes=0-4"})
    assert (whole.status, whole.headers["content-type"]) == (200, "application/pdf")
    assert (part.status, await part.body()) == (206, b"%PDF-")


async def test_the_pages_around_a_citation_can_be_turned(page: Page, base: str) -> None:
    await page.goto(base)
    await ask(page, manual.QUESTION)
    await page.locator(".source").first.click()

    panel = page.get_by_role("dialog", name="Source")
    await panel.get_by_role("button", name="Next page").click()
    await expect(panel.get_by_role("img")).to_have_attribute("alt", f"Page 3 of {manual.NAME}")
    await expect(panel.get_by_role("button", name="Next page")).to_be_disabled()


async def test_what_the_documents_do_not_say_is_not_answered(page: Page, base: str) -> None:
    await page.goto(base)
    await ask(page, manual.OUTSIDE)

    await expect(page.locator(".answer .notice")).to_contain_text("No answer in these documents")
    await expect(page.locator(".chip")).to_have_count(0)


async def test_everything_can_be_done_with_the_keyboard(page: Page, base: str) -> None:
    await page.goto(base)
    field = page.get_by_label("Your question")
    await field.press_sequentially("How often must the drip tray")
    await field.press("Shift+Enter")
    await expect(field).to_have_value("How often must the drip tray\n")
    await field.press_sequentially("of the tea urn be emptied?")
    await field.press("Enter")
    await expect(field).to_have_value("")
    chip = page.locator(".chip").first
    await expect(page.locator(".sources")).to_be_visible(timeout=20_000)

    await chip.focus()
    await page.keyboard.press("Enter")
    close = page.get_by_role("button", name="Close")
    await expect(close).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Source")).to_be_hidden()
    await expect(chip).to_be_focused()


async def test_a_conversation_keeps_its_turns_until_a_new_one_begins(page: Page, base: str) -> None:
    await page.goto(base)
    await ask(page, manual.QUESTION)
    await page.get_by_label("Your question").fill(manual.OUTSIDE)
    await page.keyboard.press("Enter")
    await expect(page.locator(".turn .meta")).to_have_count(2, timeout=20_000)
    await page.get_by_role("button", name="New conversation").click()

    await expect(page.locator(".turn")).to_have_count(0)
    await expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()


async def test_the_sample_comes_with_questions_to_begin_with(page: Page, base: str) -> None:
    tea = b"# Tea\n\nThe temperature for Japanese green tea is 70 degrees.\n"
    add_document(base, "tea.md", tea, "sample")
    await page.goto(base)
    await page.get_by_label("Collection").select_option("sample")
    await page.get_by_role("button", name="Which temperature for Japanese green tea?").click()

    await expect(page.locator(".answer .prose")).to_contain_text("70 degrees", timeout=20_000)


async def test_light_and_dark_are_remembered(page: Page, base: str) -> None:
    await page.emulate_media(color_scheme="dark")
    await page.goto(base)
    root = page.locator("html")
    await expect(root).to_have_attribute("data-theme", "dark")

    await page.get_by_role("button", name="Switch between light and dark").click()
    await expect(root).to_have_attribute("data-theme", "light")
    await page.reload()
    await expect(root).to_have_attribute("data-theme", "light")


async def test_health_is_shown_with_every_capability(page: Page, base: str) -> None:
    await page.goto(base)
    await page.get_by_role("button", name=re.compile("Health: Ready")).click()

    shown = page.locator(".health")
    await expect(shown).to_contain_text("vector store")
    await expect(shown).to_contain_text("hashing")


async def test_a_document_without_pages_shows_its_passage(page: Page, base: str) -> None:
    text = "# Samovar\n\nThe samovar is polished with <b>lemon</b> juice on the first Monday.\n"
    add_document(base, "samovar.md", text.encode())
    await page.goto(base)
    await ask(page, "When is the samovar polished with lemon juice?")

    await page.locator(".chip").first.click()
    panel = page.get_by_role("dialog", name="Source")
    await expect(panel.locator(".passage mark")).to_contain_text("polished with")
    await expect(panel.locator(".passage b")).to_have_count(0)


async def test_a_phone_shows_the_source_on_the_whole_screen(phone: Page, base: str) -> None:
    await phone.goto(base)
    await ask(phone, manual.QUESTION)
    assert await phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    await phone.locator(".chip").first.tap()
    panel = phone.get_by_role("dialog", name="Source")
    await expect(panel.get_by_role("img")).to_be_visible()
    box = await panel.bounding_box()
    assert box == {"x": 0, "y": 0, **PHONE}


async def test_an_empty_service_invites_documents_and_keeps_its_secret(
    page: Page, tmp_path: Path
) -> None:
    with serving(tmp_path) as base:
        await page.goto(base)
        await expect(page.locator(".welcome .notice")).to_contain_text("The library is empty")
        await page.get_by_role("link", name="Add documents").click()
        await expect(page.locator(".empty")).to_contain_text("No documents yet")
    secret = tmp_path / "console" / "session.key"

    assert secret.stat().st_mode & 0o077 == 0
