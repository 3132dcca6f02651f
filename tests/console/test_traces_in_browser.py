"""The traces page, in a real Chromium against a real server."""

import os

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.console import manual
from tests.console.scratch_server import add_document

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


async def test_a_run_is_found_and_shown_step_by_step(page: Page, server: str) -> None:
    add_document(server, "traced.pdf", manual.manual())
    question = "How long does the warranty last, <b>anna@example.com</b>?"
    async with httpx.AsyncClient(base_url=server, timeout=60) as api:
        await api.post("/api/ask", json={"question": question})
    await page.goto(f"{server}/console/traces")
    await page.get_by_role("searchbox").fill("warranty last")
    await page.get_by_role("searchbox").press("Enter")
    row = page.locator(".traces tbody tr").first
    # Masked, and shown as text whatever it looks like.
    await expect(row).to_contain_text("How long does the warranty last, <b>[email]</b>?")
    if folder := os.environ.get("SCREENS"):
        await page.screenshot(path=f"{folder}/traces.png")
    await row.get_by_role("link").click()
    steps = page.locator(".steps")
    await expect(steps.get_by_text("model.synthesize")).to_be_visible()
    await expect(steps).to_contain_text("synthesize v")
    if folder := os.environ.get("SCREENS"):
        await page.screenshot(path=f"{folder}/trace.png")
    await page.get_by_role("link", name="All traces").click()
    await expect(page.locator(".traces tbody tr").first).to_be_visible()
