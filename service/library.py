"""The library: documents in, their state, their originals, and out again."""

import shutil
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from data.columns import now
from data.database import Database
from data.models import Document, Use
from graphs.ingest.state import Provenance
from providers.parser.page_image import PageImage, render_page
from providers.principal import Principal, Role
from providers.protocols import ObjectStore
from service.errors import (
    ContentUnavailableError,
    DocumentNotFoundError,
    ForbiddenError,
    LicenceForbidsError,
    UploadRefusedError,
)
from service.ingestion import PROVENANCE
from service.intake import Intake
from service.jobs import Jobs
from service.schemas import DocumentPage, DocumentRead, DocumentStatus, JobRead
from service.upkeep.audit import AuditLog
from service.upkeep.trash import Trash

INGEST = "ingest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to ingest; `source` is how citations name it.

    The library moves the file at `path` into its own folder unless `keep` is set.
    """

    source: str
    path: Path
    keep: bool = False
    media_type: str = ""
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The original bytes of a document; `read` takes a range [start, end) in bytes."""

    filename: str
    media_type: str
    size: int
    sha256: str
    read: Callable[[int, int], Awaitable[bytes]]


class Library:
    """Documents of the principal's tenant."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        *,
        spool: Path,
        objects: ObjectStore | None,
        trash: Trash,
        audit: AuditLog,
        intake: Intake | None = None,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._spool = spool
        self._objects = objects
        self._trash = trash
        self._audit = audit
        self._intake = intake

    async def submit(
        self, principal: Principal, collection: str, uploads: Sequence[Upload]
    ) -> JobRead:
        """Start the ingestion of some files.

        Raises:
            UploadRefusedError: there is no file.
        """
        _require_editor(principal)
        if not uploads:
            raise UploadRefusedError("there is no file in the upload; send at least one")
        job_id = str(uuid.uuid4())
        payload = await self._keep(principal, job_id, uploads)
        return await self._jobs.submit(
            principal,
            INGEST,
            collection=collection,
            total=len(uploads),
            payload={**payload, "collection": collection, "began_at": now().isoformat()},
            job_id=job_id,
        )

    async def _keep(
        self, principal: Principal, job_id: str, uploads: Sequence[Upload]
    ) -> dict[str, Any]:
        """Put uploads where whoever runs the job finds them."""
        if self._intake is not None:
            return {"files": await self._intake.store(principal, job_id, uploads)}
        folder = self._spool / job_id
        files = await anyio.to_thread.run_sync(_spool_all, folder, list(uploads))
        return {"files": files, "folder": str(folder)}

    async def documents(
        self,
        principal: Principal,
        *,
        collection: str | None = None,
        status: DocumentStatus | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> DocumentPage:
        """List documents, newest first."""
        async with self._database.begin(principal, read_only=True) as tx:
            rows, total = await tx.documents.list(
                collection=collection,
                status=None if status is None else status.value,
                limit=limit,
                offset=offset,
            )
            return DocumentPage(documents=[document_read(row) for row in rows], total=total)

    async def document(self, principal: Principal, document_id: str) -> DocumentRead:
        """Show one document.

        Raises:
            DocumentNotFoundError: the tenant has no such document, or it was deleted.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            return document_read(_found(await tx.documents.get(document_id), document_id))

    async def delete(self, principal: Principal, document_id: str) -> None:
        """Delete a document; when this returns, no search can find it any more."""
        await self._trash.put(principal, document_id)

    async def change(
        self,
        principal: Principal,
        document_id: str,
        *,
        is_public: bool | None = None,
        product: str | None = None,
    ) -> DocumentRead:
        """Say whether the public finds a document, and which product it is about.

        Raises:
            DocumentNotFoundError: the tenant has no such document, or it was deleted.
        """
        _require_editor(principal)
        async with self._database.begin(principal) as tx:
            _found(await tx.documents.get(document_id), document_id)
            made = None if product is None else await tx.provenance.ensure_product(product)
            await tx.documents.attach(
                document_id,
                is_public=is_public,
                product_id=made.id if made is not None else None,
            )
            await tx.terms.refresh_document(document_id)
            await tx.audit.add(
                "document.changed",
                target=document_id,
                detail={"is_public": is_public, "product": product},
            )
            return document_read(_found(await tx.documents.get(document_id), document_id))

    async def content(
        self, principal: Principal, document_id: str, *, version: int | None = None
    ) -> Content:
        """Open the original of a version of a document, the newest by default.

        Raises:
            ContentUnavailableError: originals are not kept, or this one is gone.
            LicenceForbidsError: its terms do not allow to hand it out.
        """
        content, number = await self._open(principal, document_id, version)
        await self._audit.record(
            principal, "content.read", detail={"version": number}, document_id=document_id
        )
        return content

    async def _open(
        self, principal: Principal, document_id: str, version: int | None
    ) -> tuple[Content, int]:
        async with self._database.begin(principal, read_only=True) as tx:
            row = _found(await tx.documents.get(document_id), document_id)
            terms = await tx.terms.of(document_id)
            if terms is not None and not terms.allows(Use.ORIGINAL, now()):
                raise LicenceForbidsError(
                    f"the terms of {row.source!r} do not allow to hand out the original; "
                    "`cicerone licences report` shows them"
                )
            found = await tx.documents.version_number(document_id, version or row.version)
        if self._objects is None or found is None or found.object_key is None:
            raise ContentUnavailableError(f"the original of {row.source} was not kept")
        objects, key = self._objects, found.object_key
        content = Content(
            filename=Path(row.source).name,
            media_type=found.media_type or "application/octet-stream",
            size=found.bytes,
            sha256=found.sha256,
            read=lambda start, end: objects.read_range(key, start, end),
        )
        return content, found.number

    async def page_image(
        self,
        principal: Principal,
        document_id: str,
        page: int,
        quote: str = "",
        *,
        version: int | None = None,
    ) -> PageImage:
        """Draw page `page` (from 1) of a PDF in the library, with `quote` found on it.

        Raises:
            ContentUnavailableError: the original is gone.
            PageMissingError: the original has no such page, or is not a PDF.
        """
        content, number = await self._open(principal, document_id, version)
        detail = {"version": number, "page": page}
        await self._audit.record(principal, "page.shown", detail=detail, document_id=document_id)
        return await render_page(await content.read(0, content.size), page=page, quote=quote)

    async def passage(self, principal: Principal, chunk_id: str) -> str:
        """Return the text of a passage that an answer cites.

        Raises:
            DocumentNotFoundError: its document was deleted, or replaced by a newer version.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            found = await tx.chunks.live([chunk_id])
        if not found:
            raise DocumentNotFoundError(
                "the document was deleted or replaced since; ask again to see what it says now"
            )
        shown = (found[0].document_id, chunk_id)
        await self._audit.shown(principal, "citation", [shown])
        return found[0].text

    async def collections(self, principal: Principal) -> list[str]:
        """List the names of the tenant's collections."""
        async with self._database.begin(principal, read_only=True) as tx:
            return [row.name for row in await tx.collections.list()]


def document_read(row: Document) -> DocumentRead:
    """Show a document's row."""
    return DocumentRead(
        document_id=row.id,
        source=row.source,
        collection=row.collection.name,
        version=row.version,
        status=DocumentStatus(row.status),
        reason=row.reason,
        message=row.message,
        title=row.title,
        media_type=row.media_type,
        language=row.language,
        pages=row.page_count,
        chunks=row.chunk_count,
        bytes=row.bytes,
        sha256=row.sha256 or "",
        created_at=row.created_at,
        updated_at=row.updated_at,
        product=row.product.sku if row.product is not None else None,
        is_public=row.is_public,
        quotable=row.quotable,
        superseded_by=row.superseded_by,
    )


def _found(row: Document | None, document_id: str) -> Document:
    if row is None:
        raise DocumentNotFoundError(
            f"no document {document_id!r}; `cicerone documents list` shows them"
        )
    return row


def _require_editor(principal: Principal) -> None:
    if not principal.may(Role.EDITOR):
        raise ForbiddenError("changing documents needs a principal with the role 'editor'")


def _spool_all(folder: Path, uploads: list[Upload]) -> list[dict[str, Any]]:
    return [_spool_one(folder, number, upload) for number, upload in enumerate(uploads)]


def _spool_one(folder: Path, number: int, upload: Upload) -> dict[str, Any]:
    """Put an upload where a restart finds it; names on disk are numbers, never the caller's."""
    path = upload.path
    if not upload.keep:
        folder.mkdir(parents=True, exist_ok=True)
        path = Path(shutil.move(upload.path, folder / str(number)))
    told = upload.provenance and PROVENANCE.dump_python(upload.provenance, mode="json")
    return {
        "source": upload.source,
        "path": str(path.absolute()),
        "media_type": upload.media_type,
        "provenance": told,
    }
