"""What is known of a source's items, for one crawl: on disk, however many there are."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import anyio.to_thread

from data.database import Database
from data.models import ItemState, SourceItem
from providers.principal import Principal
from providers.source.types import Validators

_PAGE = 1000
_ENDED = frozenset({ItemState.GONE, ItemState.SKIPPED})
"""Items in these states are not there, or were never taken."""


class KnownItems(Mapping[str, Validators]):
    """A mapping in a file of its own; a look-up reads one row, iterating reads in pieces."""

    def __init__(self, path: Path) -> None:
        # The file is gone after the crawl: what a crash would leave of it, nobody reads.
        self._rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute(
            "CREATE TABLE items (uri TEXT PRIMARY KEY, validators TEXT) WITHOUT ROWID"
        )

    def add(self, items: Sequence[tuple[str, Validators]]) -> None:
        """Take in some items."""
        rows = [(uri, json.dumps(asdict(validators))) for uri, validators in items]
        self._rows.executemany("INSERT OR REPLACE INTO items VALUES (?, ?)", rows)

    def __getitem__(self, uri: str) -> Validators:
        found = self._rows.execute("SELECT validators FROM items WHERE uri = ?", (uri,)).fetchone()
        if found is None:
            raise KeyError(uri)
        return Validators(**json.loads(found[0]))

    def __iter__(self) -> Iterator[str]:
        for (uri,) in self._rows.execute("SELECT uri FROM items ORDER BY uri"):
            yield uri

    def __len__(self) -> int:
        count: int = self._rows.execute("SELECT count(*) FROM items").fetchone()[0]
        return count

    def close(self) -> None:
        """Let go of the file."""
        self._rows.close()


async def read_known(
    database: Database, principal: Principal, source_id: str, path: Path
) -> KnownItems:
    """Copy what is known of a source's items into a new file."""
    known = await anyio.to_thread.run_sync(KnownItems, path)
    after = ""
    while True:
        async with database.begin(principal, read_only=True) as tx:
            rows = await tx.source_items.page(source_id, after=after, limit=_PAGE)
        if not rows:
            return known
        after = rows[-1].uri
        await anyio.to_thread.run_sync(
            known.add, [(row.uri, validators_of(row)) for row in rows if row.state not in _ENDED]
        )


def validators_of(row: SourceItem) -> Validators:
    """Return what the plugin is told of an item."""
    return Validators(
        etag=row.etag,
        last_modified=row.last_modified,
        size=row.bytes,
        sha256=row.sha256,
        attributes=row.attributes or {},
    )
