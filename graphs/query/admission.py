"""Turns filters into what the vector store and the join with live documents understand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data.database import Database
from data.repositories.document_choice import DocumentChoice
from data.values import LiveChunk, LiveIndex
from graphs.query.filters import Filters, access_filters, heading_parts
from graphs.query.settings import QuerySettings
from graphs.query.steps import Turn

MAX_IDS = 1000
"""Most document ids that are handed to the store; the join with live documents knows all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a search may find.

    `documents` is None when no filter concerns documents; an empty set finds nothing.
    """

    filters: Sequence[Filters]
    documents: frozenset[str] | None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether nothing can be found."""
        return self.documents is not None and not self.documents

    def admits(self, chunk: LiveChunk) -> bool:
        """Tell whether a live chunk may be found."""
        if self.documents is not None and chunk.document_id not in self.documents:
            return False
        return all(_admits(filters, chunk) for filters in self.filters)


async def admits(
    turn: Turn,
    collection_id: str,
    chunks: Sequence[LiveChunk],
    *,
    database: Database,
    settings: QuerySettings,
) -> bool:
    """Tell whether a turn may find all of some live chunks of a collection."""
    admission = await _admission(turn, collection_id, database, settings)
    return admission is None or all(admission.admits(chunk) for chunk in chunks)


async def admission_of(
    turn: Turn, index: LiveIndex | None, database: Database, settings: QuerySettings
) -> Admission | None:
    """Return what the request's filters and the access rules leave; None when there are none."""
    return await _admission(turn, index.collection_id if index else None, database, settings)


async def _admission(
    turn: Turn, collection_id: str | None, database: Database, settings: QuerySettings
) -> Admission | None:
    asked = turn.context.filters
    if not settings.access and not asked:
        return None
    ruled = access_filters(settings.access, turn.principal)
    if ruled is None or collection_id is None:
        return Admission(filters=(), documents=frozenset())
    filters = [*ruled, *([asked] if asked else [])]
    choices = [choice for each in filters if (choice := _choice(each)) != DocumentChoice()]
    documents: frozenset[str] | None = None
    if choices:
        async with database.begin(turn.principal, read_only=True) as transaction:
            documents = await transaction.choices.ids(collection_id, choices)
    return Admission(filters=filters, documents=documents, where=_where(filters, documents))


def _choice(filters: Filters) -> DocumentChoice:
    return DocumentChoice(
        documents=filters.document,
        sources=filters.source,
        media_types=filters.media_type,
        products=filters.product,
        vendors=filters.vendor,
        since=filters.since,
        until=filters.until,
        public=filters.public,
    )


def _where(
    filters: Sequence[Filters], documents: frozenset[str] | None
) -> dict[str, tuple[str, ...]]:
    """Return the part of the filters that points in the store can be told by.

    Only a key that one filter has: of two, the join keeps what both leave.
    """
    found: dict[str, tuple[str, ...]] = {}
    if documents is not None and 0 < len(documents) <= MAX_IDS:
        found["document_id"] = tuple(sorted(documents))
    for each in filters:
        for key, values in (("language", each.language), ("kind", each.kind)):
            if values:
                found.setdefault(key, values)
    return found


def _admits(filters: Filters, chunk: LiveChunk) -> bool:
    if filters.language and chunk.language not in filters.language:
        return False
    if filters.kind and chunk.kind not in filters.kind:
        return False
    return _on_pages(filters, chunk) and _below_heading(filters, chunk)


def _on_pages(filters: Filters, chunk: LiveChunk) -> bool:
    if filters.pages is None:
        return True
    if chunk.page_start is None:
        return False
    first, last = filters.pages
    end = chunk.page_end or chunk.page_start
    return (first is None or end >= first) and (last is None or chunk.page_start <= last)


def _below_heading(filters: Filters, chunk: LiveChunk) -> bool:
    if not filters.heading:
        return True
    path = tuple(heading.casefold() for heading in chunk.heading_path)
    wanted = [heading_parts(heading) for heading in filters.heading]
    return any(_begins(path, parts) for parts in wanted if parts)


def _begins(path: Sequence[str], parts: Sequence[str]) -> bool:
    """Tell whether a path begins with some parts, the last of which may be cut short."""
    if len(path) < len(parts):
        return False
    *whole, last = parts
    return list(path[: len(whole)]) == whole and path[len(whole)].startswith(last)
