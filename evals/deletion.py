"""Deletes documents while others search and ingest, and counts what is found afterwards.

It knows the service by its API alone. Each document has a word of its own, so a search for
the word either finds the document or does not. A hit counts against the service when the
search began after the delete had returned.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from evals.metrics import percentile

COLLECTION: Final = "deletion"
_BATCH: Final = 50
"""Files of one upload."""
_SYLLABLES: Final = ("ba", "ce", "di", "fa", "gu", "ka", "le", "mi", "no", "pu")
_ENDED: Final = frozenset({"succeeded", "failed", "cancelled", "quarantined"})
_DEADLINE_S: Final = 1800.0


@dataclass(slots=True)
class _Item:
    """A document; `uploaded_again` is set while an upload may still bring it back."""

    word: str
    document_id: str = ""
    delete_began: float | None = None
    deleted: float | None = None
    uploaded_again: bool = False


@dataclass(slots=True)
class _Tally:
    """What was seen."""

    searches: int = 0
    searches_for_deleted: int = 0
    uploads: int = 0
    late: list[str] = field(default_factory=list)
    delete_s: list[float] = field(default_factory=list)
    search_s: list[float] = field(default_factory=list)


async def measure_deletes(
    client: httpx.AsyncClient,
    *,
    documents: int,
    clients: int,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> dict[str, Any]:
    """Delete `documents` documents while `clients` others search and upload.

    Args:
        client: Bound to the service, with a credential that may edit.
        documents: How many are made and deleted.
        clients: How many search, and upload new versions and new documents, meanwhile.
        progress: Is told what is going on.

    Returns:
        The figures; `hits_after_delete` and `came_back` must be 0.
    """
    items = [_Item(word=_word(number)) for number in range(documents)]
    await _fill(client, items, progress)
    run = _Run(client, items)
    started = time.perf_counter()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for number in range(clients):
            tasks.create_task(run.disturb(random.Random(number), stop))
        await run.delete_all(progress)
        stop.set()
    seconds = time.perf_counter() - started
    came_back = await run.look_again(progress)
    tally = run.tally
    return {
        "documents": documents,
        "clients": clients,
        "deletes": len(tally.delete_s),
        "searches": tally.searches,
        "searches_for_deleted": tally.searches_for_deleted,
        "uploads": tally.uploads,
        "hits_after_delete": len(tally.late),
        "came_back": came_back,
        "examples": tally.late[:5],
        "seconds": round(seconds, 1),
        "delete_p50_ms": _ms(tally.delete_s, 0.5),
        "delete_p95_ms": _ms(tally.delete_s, 0.95),
        "search_p50_ms": _ms(tally.search_s, 0.5),
        "search_p95_ms": _ms(tally.search_s, 0.95),
    }


class _Run:
    """Deletes and disturbs at the same time; who uploads waits for the job to end."""

    def __init__(self, client: httpx.AsyncClient, items: list[_Item]) -> None:
        self._client = client
        self._items = items
        self.tally = _Tally()

    async def delete_all(self, progress: Callable[[str, int, int], None]) -> None:
        """Delete every document, one after the other, and look for each at once."""
        for number, item in enumerate(self._items):
            item.delete_began = time.perf_counter()
            response = await self._client.delete(f"/api/documents/{item.document_id}")
            response.raise_for_status()
            item.deleted = time.perf_counter()
            self.tally.delete_s.append(item.deleted - item.delete_began)
            await self._look(item)
            progress("deleting", number + 1, len(self._items))

    async def disturb(self, chance: random.Random, stop: asyncio.Event) -> None:
        """Search for any document; now and then upload a new one, or one anew."""
        turn = 0
        while not stop.is_set():
            turn += 1
            if turn % 10 == 0:
                await self._upload(chance)
            else:
                await self._look(chance.choice(self._items))

    async def look_again(self, progress: Callable[[str, int, int], None]) -> int:
        """Count the documents that are there again though nobody uploaded them since."""
        found = 0
        for number, item in enumerate(self._items):
            if not item.uploaded_again and await self._finds(item):
                found += 1
            progress("looking again", number + 1, len(self._items))
        return found

    async def _look(self, item: _Item) -> None:
        began = time.perf_counter()
        was_deleted = item.deleted is not None and item.deleted < began
        finds = await self._finds(item)
        self.tally.searches += 1
        self.tally.search_s.append(time.perf_counter() - began)
        if was_deleted and not item.uploaded_again:
            self.tally.searches_for_deleted += 1
            if finds:
                self.tally.late.append(item.document_id)

    async def _finds(self, item: _Item) -> bool:
        body = {"query": item.word, "collection": COLLECTION, "k": 10}
        response = await self._client.post("/api/search", json=body)
        response.raise_for_status()
        return any(hit["document_id"] == item.document_id for hit in response.json()["hits"])

    async def _upload(self, chance: random.Random) -> None:
        """Upload a document that is about to be deleted anew, and one that nobody knows."""
        item = chance.choice(self._items)
        text = f"{_text(item.word)} Changed {chance.random()}."
        other = f"# Beside\n\nNothing that is looked for: {chance.random()}."
        name = f"beside-{chance.random()}.md"
        files = [_file(name, other)]
        anew = item.delete_began is None
        if anew:
            files.append(_file(f"{item.word}.md", text))
            item.uploaded_again = True
        job_id = await _send(self._client, files)
        self.tally.uploads += len(files)
        if anew and item.delete_began is None:
            # The upload came before the delete for certain; had they overlapped, either
            # order would be right, and the document proves nothing.
            item.uploaded_again = False
        await _ended(self._client, job_id)


async def _fill(
    client: httpx.AsyncClient, items: list[_Item], progress: Callable[[str, int, int], None]
) -> None:
    for start in range(0, len(items), _BATCH):
        batch = items[start : start + _BATCH]
        files = [_file(f"{item.word}.md", _text(item.word)) for item in batch]
        await _ended(client, await _send(client, files))
        progress("ingesting", start + len(batch), len(items))
    by_source = {f"{item.word}.md": item for item in items}
    offset = 0
    while offset < len(items):
        params: dict[str, str | int] = {"collection": COLLECTION, "limit": 500, "offset": offset}
        page = (await client.get("/api/documents", params=params)).json()["documents"]
        for row in page:
            by_source[row["source"]].document_id = row["document_id"]
        offset += len(page) or len(items)
    missing = [item.word for item in items if not item.document_id]
    if missing:
        raise RuntimeError(f"{len(missing)} documents were not ingested, such as {missing[0]}")


async def _send(client: httpx.AsyncClient, files: list[tuple[str, tuple[str, bytes]]]) -> str:
    form = {"collection": COLLECTION}
    response = await client.post("/api/documents", data=form, files=files)
    response.raise_for_status()
    return str(response.json()["job_id"])


async def _ended(client: httpx.AsyncClient, job_id: str) -> None:
    """Wait until a job has ended."""
    async with asyncio.timeout(_DEADLINE_S):
        while True:
            job = (await client.get(f"/api/jobs/{job_id}")).json()
            if job["status"] in _ENDED:
                return
            await asyncio.sleep(0.05)


def _file(name: str, text: str) -> tuple[str, tuple[str, bytes]]:
    return "files", (name, text.encode())


def _text(word: str) -> str:
    return f"# Note {word}\n\nThe code word of this note is {word}. Keep {word} to yourself."


def _word(number: int) -> str:
    """Return a word for a number, unlike those of other numbers."""
    return "x" + "".join(_SYLLABLES[int(digit)] for digit in f"{number:06}")


def _ms(seconds: list[float], share: float) -> float:
    return round(percentile(seconds, share) * 1000, 1)
