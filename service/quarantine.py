"""The review of files that could not be used: take in all the same, replace, drop."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Final

import anyio

from data.database import Database, Transaction
from data.models import Document, DocumentVersion, Review
from providers.errors import RELEASABLE, QuarantineReason
from providers.principal import Principal, Role
from providers.protocols import ObjectStore
from service.curation_schemas import QuarantinedDocument, QuarantinePage
from service.errors import (
    ContentUnavailableError,
    DocumentNotFoundError,
    ForbiddenError,
    NotReleasableError,
)
from service.library import Library, Upload
from service.schemas import JobRead

ADVICE: Final = {
    QuarantineReason.CORRUPT: "Get an undamaged copy and replace the file with it.",
    QuarantineReason.ENCRYPTED: "Save a copy without a password and replace the file with it.",
    QuarantineReason.EMPTY: "Replace the file with one that has content, or drop it.",
    QuarantineReason.NO_TEXT: "Install text recognition and add the file again, or replace it "
    "with a searchable copy.",
    QuarantineReason.TOO_LARGE: "Split the file, or raise the limit that the message names, and "
    "add it again.",
    QuarantineReason.WRONG_TYPE: "Give the file the extension of what it is and add it again.",
    QuarantineReason.UNSUPPORTED: "Replace the file with a PDF, an office document or text.",
    QuarantineReason.LICENCE_EXCLUDED: "Change its licence or the exclusion (`cicerone licences`) "
    "and add the file again.",
    QuarantineReason.TIMEOUT: "Split the file, or raise parser.options.timeout_s, and add it "
    "again.",
    QuarantineReason.LITTLE_TEXT: "Look at the pages without text: release the file if they are "
    "drawings, replace it with a searchable copy if they are scans.",
    QuarantineReason.GARBLED: "Look at the text: release the file if it can be read, replace it "
    "with one of the right encoding or fonts if not.",
}
"""What a person can do, by reason."""


class Quarantine:
    """What waits for a person; editors decide."""

    def __init__(
        self, database: Database, library: Library, *, spool: Path, objects: ObjectStore | None
    ) -> None:
        self._database = database
        self._library = library
        self._spool = spool
        self._objects = objects

    async def list(
        self,
        principal: Principal,
        *,
        reason: QuarantineReason | None = None,
        collection: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> QuarantinePage:
        """List what is in quarantine, newest first."""
        _require_editor(principal)
        async with self._database.begin(principal, read_only=True) as tx:
            rows, total = await tx.quarantine.list(
                reason=reason, collection=collection, limit=limit, offset=offset
            )
            return QuarantinePage(documents=[_read(*row) for row in rows], total=total)

    async def show(self, principal: Principal, document_id: str) -> QuarantinedDocument:
        """Show one of them.

        Raises:
            DocumentNotFoundError: it is not in quarantine.
        """
        _require_editor(principal)
        async with self._database.begin(principal, read_only=True) as tx:
            return _read(*await _found(tx, document_id))

    async def release(self, principal: Principal, document_id: str) -> JobRead:
        """Take a file in that was only suspected; who released it and when is recorded.

        Raises:
            DocumentNotFoundError: it is not in quarantine.
            NotReleasableError: its reason is no suspicion; the message says what to do.
            ContentUnavailableError: its original was not kept.
        """
        _require_editor(principal)
        async with self._database.begin(principal, read_only=True) as tx:
            document, version = await _found(tx, document_id)
        shown = _read(document, version)
        if not shown.releasable:
            raise NotReleasableError(
                f"a file that is {shown.reason.value} cannot be released. {shown.advice}"
            )
        if self._objects is None or version.object_key is None:
            raise ContentUnavailableError(
                f"the original of {document.source!r} was not kept; replace it with the file"
            )
        path = await self._spooled(await self._objects.get(version.object_key))
        return await self._decide(
            principal, shown, Review.RELEASED, Upload(source=document.source, path=path)
        )

    async def replace(self, principal: Principal, document_id: str, upload: Upload) -> JobRead:
        """Ingest another file under the name of one in quarantine.

        Raises:
            DocumentNotFoundError: it is not in quarantine.
        """
        shown = await self.show(principal, document_id)
        return await self._decide(
            principal, shown, Review.REPLACED, replace(upload, source=shown.source)
        )

    async def drop(self, principal: Principal, document_id: str) -> None:
        """Give a file up; an earlier version that answers stays.

        Raises:
            DocumentNotFoundError: it is not in quarantine.
        """
        await self.show(principal, document_id)
        await self._record(principal, document_id, Review.DROPPED)

    async def _decide(
        self, principal: Principal, shown: QuarantinedDocument, review: Review, upload: Upload
    ) -> JobRead:
        """Record the decision, then ingest; if that fails, the file is still in quarantine."""
        await self._record(principal, shown.document_id, review)
        return await self._library.submit(principal, shown.collection, [upload])

    async def _record(self, principal: Principal, document_id: str, review: Review) -> None:
        async with self._database.begin(principal) as tx:
            version = await tx.quarantine.review(document_id, review)
            await tx.audit.add(
                f"quarantine.{review.value}",
                target=document_id,
                detail={"version": version.number, "reason": version.reason},
            )

    async def _spooled(self, data: bytes) -> Path:
        path = anyio.Path(self._spool / f"released-{uuid.uuid4().hex}")
        await path.parent.mkdir(parents=True, exist_ok=True)
        await path.write_bytes(data)
        return Path(path)


async def _found(tx: Transaction, document_id: str) -> tuple[Document, DocumentVersion]:
    found = await tx.quarantine.get(document_id)
    if found is None:
        raise DocumentNotFoundError(
            f"no document {document_id!r} is in quarantine; `cicerone quarantine list` shows them"
        )
    return found


def _read(document: Document, version: DocumentVersion) -> QuarantinedDocument:
    reason = QuarantineReason(version.reason or QuarantineReason.CORRUPT)
    return QuarantinedDocument(
        document_id=document.id,
        source=document.source,
        collection=document.collection.name,
        version=version.number,
        reason=reason,
        message=version.message or "",
        advice=ADVICE[reason],
        releasable=reason in RELEASABLE,
        answering=document.current_version is not None,
        bytes=version.bytes,
        sha256=version.sha256,
        quarantined_at=document.updated_at,
        review=version.review,
        reviewed_by=version.reviewed_by,
        reviewed_at=version.reviewed_at,
    )


def _require_editor(principal: Principal) -> None:
    if not principal.may(Role.EDITOR):
        raise ForbiddenError("quarantine is reviewed by a principal with the role 'editor'")
