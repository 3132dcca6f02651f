"""Removes what jobs left behind that ended while nobody could clean up after them."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Final

import anyio

from data.columns import now
from data.database import Database
from service.agent_answering import THREADS as AGENT_THREADS
from service.checkpoints import FILE, Checkpoints
from service.sql_answering import THREADS as SQL_THREADS

KEEP: Final = timedelta(days=7)
"""How long the files of a failed or cancelled job wait for somebody who tries it again."""


WAIT: Final = timedelta(days=1)
"""How long a question waits for a choice, counted in whole days."""


_QUESTIONS: Final = frozenset({SQL_THREADS, AGENT_THREADS})
"""Beginnings of the names of threads that are no jobs but questions which wait for a choice."""


async def tidy(database: Database, checkpoints: Checkpoints, home: Path) -> None:
    """Remove the checkpoints of ended jobs, and the uploads of those that nobody retried."""
    if database.dialect != "sqlite" or await anyio.Path(home / FILE).exists():
        threads = await checkpoints.threads()
        jobs = {thread.partition(":")[0] for thread in threads} - _QUESTIONS
        async with database.unscoped(read_only=True) as tx:
            over = await tx.jobs.ended(sorted(jobs))
        await checkpoints.forget(
            [name for name in threads if name.partition(":")[0] in over or _is_stale(name)]
        )
    folders = await anyio.to_thread.run_sync(_old_folders, home / "spool")
    if folders:
        async with database.unscoped(read_only=True) as tx:
            wanted = await tx.jobs.wanted(sorted(folders), now() - KEEP)
        for name in folders - wanted:
            await anyio.to_thread.run_sync(shutil.rmtree, home / "spool" / name)


def _is_stale(thread: str) -> bool:
    """Tell whether a question has waited too long for a choice."""
    kind, _, rest = thread.partition(":")
    return kind in _QUESTIONS and rest[:8] < f"{now() - WAIT:%Y%m%d}"


def _old_folders(spool: Path) -> set[str]:
    """Return the upload folders whose job must be known by now; they have its id as name."""
    if not spool.is_dir():
        return set()
    since = (now() - timedelta(hours=1)).timestamp()
    found = (path for path in spool.iterdir() if path.is_dir() and path.name.count("-") > 1)
    return {path.name for path in found if path.stat().st_mtime < since}
