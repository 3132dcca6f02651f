"""Works out the terms of documents, and keeps on each row what they come to."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, update
from sqlalchemy.orm import aliased

from data.models import (
    Collection,
    Document,
    DocumentLicence,
    DocumentVersion,
    Exclusion,
    Licence,
    Product,
    Source,
    Vendor,
    VersionStatus,
)
from data.repositories.base import Repository
from data.repositories.likeness import LikenessRepository
from data.scope import INCLUDE_DELETED
from data.terms import DocumentTerms, Rule, Terms, Traits, first_match, uses_of

BATCH = 2000
"""Documents looked at in one statement."""
_Maker = aliased(Vendor)
AnyRow = Row[*tuple[Any, ...]]
_LICENCE_ID: ColumnElement[str | None] = func.coalesce(
    DocumentLicence.licence_id, Source.licence_id, Collection.licence_id
)


class TermsRepository(Repository):
    """The terms of a tenant's documents.

    The most specific licence wins: the document's own, its source's, its collection's. What
    they come to is kept on the document, so that every search can ask for it in its one
    statement: call `refresh` in the transaction that changes any of them.
    """

    async def of(
        self, document_id: str, *, sha256: str | None = None, vendor: str | None = None
    ) -> DocumentTerms | None:
        """Return the terms of one document, or None when there is none.

        Args:
            document_id: Which one.
            sha256: Hash of new content; without it, that of the published version counts.
            vendor: Who hands it over, where neither its source nor its product says so.
        """
        rows = await self._held(Document.id == document_id, after="")
        rules = await self.rules()
        return _terms(rows[0], rules, sha256, vendor) if rows else None

    async def all(self) -> AsyncIterator[DocumentTerms]:
        """Yield the terms of all documents that are not deleted."""
        rules = await self.rules()
        async for row in self._each(Document.deleted_at.is_(None)):
            yield _terms(row, rules)

    async def rules(self) -> list[Rule]:
        """Return the exclusions."""
        found = await self._all(select(Exclusion).order_by(Exclusion.created_at, Exclusion.id))
        return [Rule(kind=row.kind, pattern=row.pattern, reason=row.reason) for row in found]

    async def refresh(self, *conditions: ColumnElement[bool]) -> int:
        """Write down what the terms of the documents that fit come to; without any, of all.

        Deleted documents are among them, so that one that is restored has its terms.

        Returns:
            How many rows changed.
        """
        rules = await self.rules()
        wanted: defaultdict[tuple[bool, datetime | None, str | None], list[str]] = defaultdict(list)
        async for row in self._each(*conditions):
            found = _terms(row, rules)
            values = (found.quotable, found.terms.expires_at, found.terms.attribution)
            if values != (row.quotable, row.quotable_until, row.kept_attribution):
                wanted[values].append(row.id)
        for (quotable, until, attribution), ids in wanted.items():
            for start in range(0, len(ids), BATCH):
                await self._change(
                    update(Document)
                    .where(Document.id.in_(ids[start : start + BATCH]))
                    .values(quotable=quotable, quotable_until=until, attribution=attribution),
                    deleted=True,
                )
        changed = [id for ids in wanted.values() for id in ids]
        self._finds_other(documents=changed)
        await LikenessRepository(self._session, self._principal).refresh_linked(changed)
        return len(changed)

    async def refresh_document(self, document_id: str) -> None:
        """Write down what the terms of one document come to."""
        await self.refresh(Document.id == document_id)

    async def refresh_source(self, source_id: str) -> None:
        """Write down what the terms of a source's documents come to."""
        await self.refresh(Document.source_id == source_id)

    async def refresh_collection(self, collection_id: str) -> None:
        """Write down what the terms of a collection's documents come to."""
        await self.refresh(Document.collection_id == collection_id)

    async def refresh_licence(self, licence_id: str) -> None:
        """Write down what the terms of the documents of a licence come to."""
        await self.refresh(_LICENCE_ID == licence_id)

    async def _each(self, *conditions: ColumnElement[bool]) -> AsyncIterator[AnyRow]:
        after = ""
        while rows := await self._held(*conditions, after=after):
            for row in rows:
                yield row
            after = rows[-1].id

    async def _held(self, *conditions: ColumnElement[bool], after: str) -> Sequence[AnyRow]:
        query = _JOINED.where(*conditions, Document.id > after).order_by(Document.id).limit(BATCH)
        found = await self._session.execute(query, execution_options=INCLUDE_DELETED)
        return found.all()


def _joined() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Document.id,
            Document.source,
            Document.source_uri,
            Document.quotable,
            Document.quotable_until,
            Document.attribution.label("kept_attribution"),
            DocumentVersion.sha256,
            Source.name.label("source_name"),
            Source.licence_id.label("source_licence_id"),
            Vendor.name.label("vendor"),
            _Maker.name.label("maker"),
            DocumentLicence.allowed_uses.label("own_uses"),
            DocumentLicence.attribution.label("own_attribution"),
            DocumentLicence.expires_at.label("own_end"),
            DocumentLicence.origin.label("own_origin"),
            _LICENCE_ID.label("licence_id"),
            Licence.name.label("licence"),
            Licence.allowed_uses,
            Licence.attribution,
            Licence.expires_at,
        )
        .select_from(Document)
        .join(Collection, Collection.id == Document.collection_id)
        .outerjoin(DocumentLicence, DocumentLicence.document_id == Document.id)
        .outerjoin(Source, Source.id == Document.source_id)
        .outerjoin(Licence, Licence.id == _LICENCE_ID)
        .outerjoin(Vendor, Vendor.id == Source.vendor_id)
        .outerjoin(Product, Product.id == Document.product_id)
        .outerjoin(_Maker, _Maker.id == Product.vendor_id)
        .outerjoin(
            DocumentVersion,
            (DocumentVersion.document_id == Document.id)
            & (DocumentVersion.status == VersionStatus.PUBLISHED),
        )
    )


_JOINED = _joined()


def _terms(
    row: AnyRow, rules: Sequence[Rule], sha256: str | None = None, vendor: str | None = None
) -> DocumentTerms:
    licence = Terms(
        uses=uses_of(row.allowed_uses), attribution=row.attribution, expires_at=row.expires_at
    )
    own = Terms(uses=uses_of(row.own_uses), attribution=row.own_attribution, expires_at=row.own_end)
    traits = Traits(
        sources=tuple(filter(None, (row.source, row.source_name))),
        uri=row.source_uri,
        sha256=sha256 or row.sha256,
        vendors=tuple(filter(None, (row.vendor, row.maker, vendor))),
        licence=row.licence,
    )
    return DocumentTerms(
        document_id=row.id,
        source=row.source,
        terms=licence.narrowed_by(own),
        traits=traits,
        licence_id=row.licence_id,
        origin=_origin(row),
        excluded_by=first_match(rules, traits),
    )


def _origin(row: AnyRow) -> str | None:
    if row.own_origin is not None:
        return str(row.own_origin)
    if row.licence_id is None:
        return None
    return "source" if row.source_licence_id is not None else "collection"
