"""Which documents a filter leaves; a question that has none never asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from data.models import Document, DocumentVersion, Product, Vendor, VersionStatus
from data.repositories.base import Repository

_ESCAPE = "\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChoice:
    """What must hold of a document; of several values one is enough, an empty field allows all.

    `sources` are shell patterns (`*` and `?`, whatever the case), `media_types` may end in
    `/*`. `products` are SKUs or names. The date of a version is the one that its text states,
    else the time of its publication; `until` is exclusive.
    """

    documents: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    public: bool | None = None


class DocumentChoiceRepository(Repository):
    """Finds the documents of a collection that filters leave."""

    async def ids(self, collection_id: str, choices: Sequence[DocumentChoice]) -> frozenset[str]:
        """Return the documents with a published version that all choices leave."""
        version = and_(
            DocumentVersion.document_id == Document.id,
            DocumentVersion.status == VersionStatus.PUBLISHED,
        )
        query = (
            select(Document.id)
            .join(DocumentVersion, version)
            .where(Document.collection_id == collection_id)
            .where(*(part for choice in choices for part in _conditions(choice)))
        )
        return frozenset((await self._session.execute(query)).scalars())


def _conditions(choice: DocumentChoice) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if choice.documents:
        found.append(Document.id.in_(choice.documents))
    if choice.sources:
        found.append(or_(*(_like(Document.source, pattern) for pattern in choice.sources)))
    if choice.media_types:
        found.append(or_(*(_like(Document.media_type, kind) for kind in choice.media_types)))
    if choice.public is not None:
        found.append(Document.is_public.is_(choice.public))
    dated = func.coalesce(DocumentVersion.stated_date, DocumentVersion.published_at)
    if choice.since is not None:
        found.append(dated >= choice.since)
    if choice.until is not None:
        found.append(dated < choice.until)
    return found + _belonging(choice)


def _belonging(choice: DocumentChoice) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if choice.products:
        wanted = or_(Product.sku.in_(choice.products), Product.name.in_(choice.products))
        found.append(Document.product_id.in_(select(Product.id).where(wanted)))
    if choice.vendors:
        theirs = (
            select(Product.id)
            .join(Vendor, Vendor.id == Product.vendor_id)
            .where(Vendor.name.in_(choice.vendors))
        )
        found.append(Document.product_id.in_(theirs))
    return found


def _like(column: ColumnElement[str] | object, pattern: str) -> ColumnElement[bool]:
    escaped = pattern.lower()
    for special in (_ESCAPE, "%", "_"):
        escaped = escaped.replace(special, _ESCAPE + special)
    wild = escaped.replace("*", "%").replace("?", "_")
    return func.lower(column).like(wild, escape=_ESCAPE)
