"""Runs that do not go straight through, in a real Chromium against a scripted model."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.console import manual
from tests.console.scratch_server import add_document, serving

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

SCRIPT = {
    "reply": f"{manual.SENTENCE} [1] {manual.SENTENCE} [1] " * 8,
    "inter_token_ms": 40,
    "faults": {"lamp": "refused"},
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("scripted"), SCRIPT) as address:
        add_document(address, manual.NAME, manual.manual())
        yield address


async def test_an_answer_grows_by_sentences_and_can_be_stopped(page: Page, base: str) -> None:
    await page.goto(base)
    field = page.get_by_label("Your question")
    await field.fill(manual.QUESTION)
    await field.press("Enter")
    prose = page.locator(".answer .prose.streaming")
    await expect(prose.locator(".chip").first).to_be_visible(timeout=20_000)
    early = len(await prose.inner_text())
    await expect(prose.locator(".chip").nth(2)).to_be_visible(timeout=20_000)
    assert len(await prose.inner_text()) > early

    await page.get_by_role("button", name="Stop").click()

    answer = page.locator(".answer")
    await expect(answer).to_contain_text("You stopped this answer.")
    await expect(answer.locator(".progress")).to_have_count(0)
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
    kept = await answer.inner_text()
    await page.wait_for_timeout(600)
    assert await answer.inner_text() == kept


async def test_an_answer_without_the_model_says_what_was_left_out(page: Page, base: str) -> None:
    await page.goto(base)
    field = page.get_by_label("Your question")
    await field.fill("What does a red lamp on the urn mean?")
    await field.press("Enter")

    answer = page.locator(".answer")
    await expect(answer.locator(".notice.warn")).to_contain_text(
        "Answered with less than usual", timeout=20_000
    )
    await expect(answer.locator(".prose")).to_contain_text("boiled dry")


async def test_a_problem_is_shown_with_what_to_do(page: Page, base: str) -> None:
    await page.goto(base)
    field = page.get_by_label("Your question")
    await field.fill("why " * 3000)
    await field.press("Enter")

    problem = page.locator(".answer .notice.bad")
    await expect(problem).to_contain_text("The question is too long", timeout=20_000)
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
