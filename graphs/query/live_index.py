"""Which vector index answers for a collection: remembered, and confirmed by what is found."""

from cachetools import LRUCache

from data.database import Database
from data.values import LiveIndex
from graphs.errors import CollectionNotFoundError
from graphs.query.steps import Turn

REMEMBERED = 4096
"""Collections whose index is remembered."""


class LiveIndexes:
    """Spares a search the read that says where to look.

    An index that is remembered may no longer be the live one. The read that joins hits with
    live documents says which index is live now; when it names another one, or when nothing
    was found, `read` again and search again.
    """

    def __init__(self, database: Database, default_collection: str) -> None:
        self._database = database
        self._default = default_collection
        self._known: LRUCache[tuple[str, str], LiveIndex] = LRUCache(REMEMBERED)

    async def get(self, turn: Turn) -> LiveIndex | None:
        """Return where to look for the collection of this turn.

        Raises:
            CollectionNotFoundError: the tenant has no such collection.
        """
        return self._known.get(_key(turn)) or await self.read(turn)

    async def read(self, turn: Turn) -> LiveIndex | None:
        """Return what the database says; None when the default collection is not made yet.

        Raises:
            CollectionNotFoundError: the tenant has no such collection.
        """
        name = turn.context.collection
        async with self._database.begin(turn.principal, read_only=True) as transaction:
            found = await transaction.collections.live_index(name)
        if found is None and name != self._default:
            raise CollectionNotFoundError(f"there is no collection {name!r}")
        if found is not None:
            self._known[_key(turn)] = found
        return found


def _key(turn: Turn) -> tuple[str, str]:
    return turn.principal.tenant_id, turn.context.collection
