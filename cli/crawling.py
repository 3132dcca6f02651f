"""Crawls a source and follows the job."""

from collections.abc import Callable
from typing import Any

import anyio

from cli.backend import Backend
from service.schemas import JobRead

Announce = Callable[[str, int], None]
"""Is told what happens, and how many items are done."""


async def crawl(backend: Backend, name: str, announce: Announce, *, ignore_window: bool) -> JobRead:
    """Crawl a source to the end; who interrupts this stops the job."""
    job = await backend.sources.crawl(name, ignore_window=ignore_window)
    done = 0
    try:
        async for event in backend.job_events(job.job_id):
            if event.type == "crawl.progress":
                done = sum(value for value in event.data.values() if isinstance(value, int))
            announce(_wording(event.type, event.data), done)
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await backend.steer_job(job.job_id, "cancel")
        raise
    return await backend.job(job.job_id)


def _wording(kind: str, data: dict[str, Any]) -> str:
    if kind == "crawl.progress":
        return ", ".join(f"{name} {count}" for name, count in data.items() if count)
    return " ".join(str(part) for part in (kind, data.get("source"), data.get("status")) if part)
