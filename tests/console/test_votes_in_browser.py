"""Thumbs under an answer, in a real Chromium against a real server."""

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.console import manual
from tests.console.scratch_server import add_document

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


async def test_an_answer_is_voted_on_with_a_reason(page: Page, server: str) -> None:
    add_document(server, manual.NAME, manual.manual())
    await page.goto(server)
    field = page.get_by_label("Your question")
    await field.fill(manual.QUESTION)
    await field.press("Enter")
    votes = page.locator(".votes")
    await votes.get_by_label("This did not help").click(timeout=20_000)
    await expect(votes).to_contain_text("Thank you.")
    why = votes.get_by_label("What was wrong?")
    await why.fill("too short")
    await why.press("Enter")
    await expect(why).to_have_count(0)
    await page.locator(".answer .chip").first.click()
    await expect(page.get_by_role("dialog", name="Source")).to_be_visible()
    await expect(page.get_by_role("dialog", name="Source").locator(".mark").first).to_be_visible()
    async with httpx.AsyncClient(base_url=server) as client:
        kept = (await client.get("/api/feedback")).json()["feedback"]
    # The server is shared with tests that click on citations too.
    assert {("click", None), ("down", "too short")} <= {(e["kind"], e["comment"]) for e in kept}
