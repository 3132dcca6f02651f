"""The library, in a real Chromium against a real server."""

import re

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.console import manual
from tests.console.scratch_server import add_document
from tests.console.screens import PHONE

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

DROP = """async ([name, text]) => {
    const moved = new DataTransfer();
    moved.items.add(new File([text], name, {type: "text/markdown"}));
    const zone = document.querySelector(".zone");
    const fire = (target, type) => target.dispatchEvent(
        new DragEvent(type, {dataTransfer: moved, bubbles: true, cancelable: true}));
    fire(zone, "dragover");
    await new Promise((done) => setTimeout(done, 50));
    fire(document.querySelector(".q-uploader__dnd"), "drop");
}"""


def file(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


async def choose(page: Page, *files: FilePayload) -> None:
    await page.locator("input[type=file]").set_input_files(list(files))


async def test_files_arrive_or_say_why_not_and_can_be_deleted(page: Page, server: str) -> None:
    await page.goto(f"{server}/console/library")
    await choose(
        page, file("new-manual.pdf", manual.manual()), file("broken.pdf", b"%PDF-1.7 nothing")
    )

    arriving = page.locator(".arriving")
    await expect(arriving.locator('[data-source="new-manual.pdf"]')).to_contain_text(
        "Indexed", timeout=30_000
    )
    await expect(arriving.locator('[data-source="broken.pdf"]')).to_contain_text("Damaged file")
    rows = page.locator(".documents tbody tr")
    await expect(rows.filter(has_text="new-manual.pdf")).to_contain_text("Indexed")
    broken = rows.filter(has_text="broken.pdf")
    await expect(broken).to_contain_text("Quarantined")

    await broken.get_by_role("button", name="broken.pdf", exact=True).click()
    panel = page.get_by_role("dialog", name="Document")
    await expect(panel.locator(".notice")).to_contain_text("Damaged file")
    await panel.get_by_role("button", name="Close").click()

    await (
        rows.filter(has_text="new-manual.pdf")
        .get_by_role("button", name="Delete new-manual.pdf")
        .click()
    )
    asked = page.get_by_role("alertdialog")
    await asked.get_by_role("button", name="Keep").click()
    await expect(asked).to_be_hidden()
    await expect(rows.filter(has_text="new-manual.pdf")).to_have_count(1)
    await (
        rows.filter(has_text="new-manual.pdf")
        .get_by_role("button", name="Delete new-manual.pdf")
        .click()
    )
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(rows.filter(has_text="new-manual.pdf")).to_have_count(0)
    left = await (await page.request.get(f"{server}/api/documents")).json()
    assert "new-manual.pdf" not in [document["source"] for document in left["documents"]]


async def test_a_file_can_be_dropped_into_a_new_collection(page: Page, server: str) -> None:
    await page.goto(f"{server}/console/library")
    target = page.get_by_label("Add to collection")
    await target.fill("attic")
    await target.press("Tab")
    await page.evaluate(DROP, ["letters.md", "# Letters\n\nThey lie in the blue box.\n"])

    await expect(page.locator('[data-source="letters.md"]')).to_contain_text(
        "Indexed", timeout=30_000
    )
    await page.get_by_label("Collection", exact=True).select_option("attic")
    await expect(page.locator(".documents tbody tr")).to_have_count(1)
    # Whatever its name, another collection than the default one is asked when it is chosen.
    add_document(server, manual.NAME, manual.manual())
    await page.goto(server)
    await expect(page.get_by_label("Collection", exact=True)).to_have_value("default")
    await page.goto(f"{server}/console/library")
    await expect(page.get_by_label("Add to collection")).to_have_value("default")


async def test_the_table_can_be_filtered(page: Page, server: str) -> None:
    add_document(server, "barometer.md", b"# Barometer\n\nIt falls before rain.\n")
    await page.goto(f"{server}/console/library")
    await page.get_by_label("Filter").fill("BARO")

    await expect(page.locator(".documents tbody tr")).to_have_count(1)
    await page.get_by_label("Status").select_option("failed")
    await expect(page.locator(".empty")).to_contain_text("Nothing matches")


async def test_a_hostile_name_and_text_stay_text(page: Page, server: str) -> None:
    name = "<img src=x onerror=alert(1)>.md"
    add_document(server, name, b"# <script>alert(2)</script>\n\nThe gong is struck at noon.\n")
    await page.goto(f"{server}/console/library")

    await page.get_by_role("button", name=name, exact=True).click()
    await expect(page.get_by_role("dialog", name="Document")).to_contain_text(name)
    await expect(page.locator("img[src=x]")).to_have_count(0)


async def test_a_phone_shows_documents_as_cards(phone: Page, server: str) -> None:
    add_document(server, manual.NAME, manual.manual())
    await phone.goto(f"{server}/console/library")
    row = phone.locator(".documents tbody tr").filter(has_text=manual.NAME)

    await expect(row).to_contain_text(re.compile("Indexed"))
    assert await phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = await row.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE["width"]
