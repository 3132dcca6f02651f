"""Signing in, in a real Chromium against a real server with keys."""

from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.console.scratch_server import serving

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


async def test_a_service_with_keys_asks_for_one_and_forgets_it_when_revoked(
    page: Page, tmp_path: Path
) -> None:
    with serving(tmp_path) as base:
        admin = await _key(base, "admin")
        reader = await _key(base, "reader", admin)

        await page.goto(f"{base}/console/library")
        await expect(page).to_have_url(f"{base}/console/sign-in")
        field = page.get_by_label("API key")
        await field.fill("ck_mistyped")
        await field.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("unknown or was revoked")

        await field.fill(reader["secret"])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_label("Your question")).to_be_visible()
        await page.get_by_role("link", name="Library", exact=True).click()
        await expect(page.get_by_text("Someone with the role")).to_be_visible()
        await expect(page.locator("input[type=file]")).to_have_count(0)

        await _revoke(base, reader, admin)
        await page.reload()
        await expect(page).to_have_url(f"{base}/console/sign-in")


async def _key(base: str, role: str, admin: dict[str, str] | None = None) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=base) as api:
        body = {"name": role, "role": role}
        made = await api.post("/api/keys", json=body, headers=_bearer(admin))
        made.raise_for_status()
        found: dict[str, str] = made.json()
        return found


async def _revoke(base: str, key: dict[str, str], admin: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=base) as api:
        gone = await api.delete(f"/api/keys/{key['key_id']}", headers=_bearer(admin))
        gone.raise_for_status()


def _bearer(key: dict[str, str] | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key['secret']}"}
