"""Where signatures of texts are kept, and which documents resemble each other."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, or_, select, update
from sqlalchemy.orm import aliased

from data.columns import now
from data.models import (
    Collection,
    Document,
    DocumentLink,
    DocumentVersion,
    DuplicatePolicy,
    SignatureBand,
    VersionSignature,
    VersionStatus,
)
from data.repositories.base import Repository
from data.scope import INCLUDE_DELETED
from data.supersession import Replacement, superseded
from data.values import NewLink, Relative, Stated, TextSignature

AUTOMATIC = "auto"
"""Who decided on a link that nobody looked at."""
MAX_CANDIDATES = 500
"""Documents compared with a new one; a text with more relatives is boilerplate."""
_AT_ONCE = 500
"""Ids in one statement."""


@cache
def _near(bands: int) -> Select[str]:
    """Return the search for versions that share a band; to build it takes longer than to run it."""
    shared = [
        and_(SignatureBand.band == band, SignatureBand.hash == bindparam(f"hash_{band}"))
        for band in range(bands)
    ]
    return (
        select(SignatureBand.version_id)
        .where(SignatureBand.collection_id == bindparam("collection_id"), or_(*shared))
        .distinct()
        .limit(MAX_CANDIDATES)
    )


class LikenessRepository(Repository):
    """The signatures and links of a tenant's documents.

    `documents.superseded_by` follows from the links, the policy of the collection and what is
    published; whoever changes one of these calls `refresh` in the same transaction.
    """

    async def keep(
        self, collection_id: str, document_id: str, version_id: str, signature: TextSignature
    ) -> None:
        """Make this the only signature of a document."""
        mine = select(VersionSignature.version_id).where(
            VersionSignature.document_id == document_id
        )
        known = list(
            (await self._session.execute(mine, execution_options=INCLUDE_DELETED)).scalars()
        )
        for table in (SignatureBand, VersionSignature) if known else ():
            await self._change(delete(table).where(table.version_id.in_(known)), deleted=True)
        ids = {"version_id": version_id, "collection_id": collection_id}
        row = {
            **ids,
            "document_id": document_id,
            "method": signature.method,
            "shingles": signature.shingles,
            "hashes": signature.hashes,
        }
        await self._insert(VersionSignature, [row])
        bands = [{**ids, "band": band, "hash": hash} for band, hash in enumerate(signature.bands)]
        await self._insert(SignatureBand, bands)

    async def candidates(
        self, collection_id: str, document_id: str, signature: TextSignature
    ) -> list[Relative]:
        """Return what is published in the collection and shares a band with the signature."""
        if not signature.bands:
            return []
        values = {f"hash_{band}": hash for band, hash in enumerate(signature.bands)}
        near = await self._session.execute(
            _near(len(signature.bands)), {"collection_id": collection_id, **values}
        )
        ids = list(near.scalars())
        query = (
            select(VersionSignature, DocumentVersion, Document)
            .join(DocumentVersion, DocumentVersion.id == VersionSignature.version_id)
            .join(Document, Document.id == VersionSignature.document_id)
            .where(
                VersionSignature.version_id.in_(ids),
                VersionSignature.method == signature.method,
                VersionSignature.document_id != document_id,
                DocumentVersion.status == VersionStatus.PUBLISHED,
            )
            .order_by(Document.created_at, Document.id)
        )
        found = (await self._session.execute(query)).all()
        return [_relative(*row) for row in found]

    async def link(self, document_id: str, links: Sequence[NewLink]) -> None:
        """Make these the only automatic links of a document, and let them count at once."""
        before = await self._family(document_id)
        about = or_(DocumentLink.newer_id == document_id, DocumentLink.older_id == document_id)
        await self._change(
            delete(DocumentLink).where(about, DocumentLink.decided_by == AUTOMATIC), deleted=True
        )
        moment = now()
        rows = [
            {
                "newer_id": link.newer_id,
                "older_id": link.older_id,
                "kind": link.kind,
                "jaccard": link.jaccard,
                "containment": link.containment,
                "replaces": link.replaces,
                "decided_by": AUTOMATIC,
                "decided_at": moment,
            }
            for link in links
        ]
        await self._insert(DocumentLink, rows, ignore=True)
        after = await self._family(document_id) if rows else before
        await self._settle_family(before | after)

    async def related(self, document_id: str) -> list[tuple[DocumentLink, Document]]:
        """Return the documents that resemble one, with how; deleted ones are left out."""
        other = aliased(Document)
        is_newer = and_(DocumentLink.older_id == document_id, other.id == DocumentLink.newer_id)
        is_older = and_(DocumentLink.newer_id == document_id, other.id == DocumentLink.older_id)
        query = (
            select(DocumentLink, other)
            .join(other, or_(is_newer, is_older))
            .order_by(DocumentLink.jaccard.desc(), other.id)
        )
        return [(row[0], row[1]) for row in (await self._session.execute(query)).all()]

    async def links_among(self, document_ids: Sequence[str]) -> set[tuple[str, str]]:
        """Return the pairs (newer, older) among some documents that resemble each other."""
        query = select(DocumentLink.newer_id, DocumentLink.older_id).where(
            DocumentLink.newer_id.in_(document_ids), DocumentLink.older_id.in_(document_ids)
        )
        rows = (await self._session.execute(query)).all()
        return {(row.newer_id, row.older_id) for row in rows}

    async def refresh(self, document_id: str) -> None:
        """Work out anew which documents around this one step back."""
        await self._settle_family(await self._family(document_id))

    async def refresh_linked(self, document_ids: Sequence[str]) -> None:
        """Do so around those of the documents that replace others or are replaced."""
        known: set[str] = set()
        for start in range(0, len(document_ids), _AT_ONCE):
            ids = document_ids[start : start + _AT_ONCE]
            pairs = select(DocumentLink.newer_id).where(
                DocumentLink.replaces.is_(True),
                or_(DocumentLink.newer_id.in_(ids), DocumentLink.older_id.in_(ids)),
            )
            for id in (await self._session.execute(pairs)).scalars().all():
                if id not in known:
                    family = await self._family(id)
                    await self._settle_family(family)
                    known |= family

    async def refresh_ended(self) -> int:
        """Let documents answer again whose newer one may not be quoted any more by now.

        Returns:
            Around how many newer ones something was worked out anew.
        """
        hidden = select(Document.superseded_by).where(Document.superseded_by.is_not(None))
        ended = select(Document.id).where(Document.id.in_(hidden), Document.quotable_until <= now())
        ids = list((await self._session.execute(ended)).scalars())
        for id in ids:
            await self.refresh(id)
        return len(ids)

    async def refresh_collection(self, collection_id: str) -> None:
        """Work out anew which documents of a collection step back."""
        mine = select(Document.id).where(Document.collection_id == collection_id)
        await self._settle(DocumentLink.newer_id.in_(mine), Document.collection_id == collection_id)

    async def set_policy(self, collection_id: str, policy: DuplicatePolicy) -> None:
        """Change the policy of a collection; it holds at once for what is there."""
        await self._change(
            update(Collection).where(Collection.id == collection_id).values(duplicate_policy=policy)
        )
        await self.refresh_collection(collection_id)

    async def forget(self, document_id: str) -> None:
        """Remove the signatures and links of a document that is purged."""
        about = or_(DocumentLink.newer_id == document_id, DocumentLink.older_id == document_id)
        await self._change(delete(DocumentLink).where(about), deleted=True)
        versions = select(DocumentVersion.id).where(DocumentVersion.document_id == document_id)
        for table in (SignatureBand, VersionSignature):
            await self._change(delete(table).where(table.version_id.in_(versions)), deleted=True)

    async def _family(self, document_id: str) -> set[str]:
        """Return the documents that replacements lead to from one, step by step."""
        family, new = {document_id}, {document_id}
        while new:
            pairs = select(DocumentLink.newer_id, DocumentLink.older_id).where(
                DocumentLink.replaces.is_(True),
                or_(DocumentLink.newer_id.in_(new), DocumentLink.older_id.in_(new)),
            )
            found = {id for row in (await self._session.execute(pairs)).all() for id in row}
            new = found - family
            family |= new
        return family

    async def _settle_family(self, family: set[str]) -> None:
        if len(family) > 1:
            await self._settle(DocumentLink.newer_id.in_(family), Document.id.in_(family))

    async def _settle(self, linked: ColumnElement[bool], members: ColumnElement[bool]) -> None:
        documents = (
            await self._session.execute(
                select(
                    Document.id,
                    Document.created_at,
                    Document.current_version,
                    Document.quotable,
                    Document.quotable_until,
                    Document.is_public,
                    Document.superseded_by,
                    Collection.duplicate_policy,
                )
                .join(Collection, Collection.id == Document.collection_id)
                .where(members)
            )
        ).all()
        arrived: dict[str, datetime] = {
            row.id: row.created_at
            for row in documents
            if row.current_version is not None
            and row.duplicate_policy is DuplicatePolicy.KEEP_NEWEST
        }
        moment = now()
        quotable = {
            row.id
            for row in documents
            if row.quotable and (row.quotable_until is None or row.quotable_until > moment)
        }
        public = {row.id for row in documents if row.is_public}
        wanted = superseded(
            [
                # Whoever was shown the older document must be shown the newer one.
                pair
                for pair in (await self._replacements(linked) if arrived else ())
                if pair.newer in quotable and (pair.newer in public or pair.older not in public)
            ],
            arrived,
        )
        changed: dict[str | None, list[str]] = {}
        for row in documents:
            if row.superseded_by != wanted.get(row.id):
                changed.setdefault(wanted.get(row.id), []).append(row.id)
        for newer, ids in changed.items():
            await self._write(newer, ids)

    async def _replacements(self, linked: ColumnElement[bool]) -> list[Replacement]:
        query = select(DocumentLink.newer_id, DocumentLink.older_id).where(
            DocumentLink.replaces.is_(True), linked
        )
        rows = (await self._session.execute(query)).all()
        return [Replacement(newer=row.newer_id, older=row.older_id) for row in rows]

    async def _write(self, newer: str | None, ids: list[str]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            await self._change(
                update(Document)
                .where(Document.id.in_(ids[start : start + _AT_ONCE]))
                .values(superseded_by=newer)
            )
        self._finds_other(documents=ids)


def _relative(
    signature: VersionSignature, version: DocumentVersion, document: Document
) -> Relative:
    return Relative(
        document_id=document.id,
        source=document.source,
        version=version.number,
        product_id=document.product_id,
        stated=Stated(version=version.stated_version, date=version.stated_date),
        arrived_at=version.created_at,
        signature=TextSignature(
            method=signature.method, shingles=signature.shingles, hashes=signature.hashes
        ),
    )
