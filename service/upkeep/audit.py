"""Who did what: deeds are written with their transaction, reads in batches behind it."""

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any

import structlog

from data.database import Database
from data.errors import DatabaseError
from data.models import ArtifactKind, AuditEvent
from data.values import AuditFilter, NewArtifact, NewAuditEvent
from providers.principal import Principal, Role
from providers.protocols import ObjectStore
from service.errors import CapabilityDisabledError, ForbiddenError
from service.upkeep.shapes import AuditExport, AuditPage, AuditRead

log = structlog.get_logger("cicerone.audit")

MAX_WAITING = 5000
"""Reads that may wait; who adds another one writes them first."""
BATCH = 500
"""Rows of one statement, and of one page of an export."""


class AuditLog:
    """The audit trail; the last reads are written when the service closes."""

    def __init__(
        self, database: Database, objects: ObjectStore | None, *, flush_s: float = 1.0
    ) -> None:
        self._database = database
        self._objects = objects
        self._flush_s = flush_s
        self._waiting: deque[tuple[Principal, NewAuditEvent]] = deque()
        self._writing = asyncio.Lock()
        self._worker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write down what is recorded."""
        self._worker = asyncio.create_task(self._work(), name="audit")

    async def aclose(self) -> None:
        """Write what is left, and stop."""
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
            self._worker = None
        try:
            await self.flush()
        except DatabaseError:
            for principal, event in self._waiting:
                log.exception("audit.not_written", tenant=principal.tenant_id, event=event)

    async def record(
        self,
        principal: Principal,
        action: str,
        target: str | None = None,
        detail: Mapping[str, Any] | None = None,
        *,
        document_id: str | None = None,
    ) -> None:
        """Note a read; it is written within a second, and the reader does not wait for it."""
        event = NewAuditEvent(
            subject=principal.subject,
            action=action,
            target=target,
            document_id=document_id,
            detail=dict(detail or {}),
        )
        self._waiting.append((principal, event))
        if len(self._waiting) > MAX_WAITING:
            await self.flush()

    async def shown(
        self, principal: Principal, how: str, passages: Iterable[tuple[str, str]]
    ) -> None:
        """Note which passages somebody saw: document ids and chunk ids, one event a document."""
        ordered = sorted(passages)
        for document_id, group in groupby(ordered, key=lambda each: each[0]):
            chunks = [chunk_id for _, chunk_id in group]
            detail = {"chunks": chunks, "how": how}
            await self.record(principal, "passages.shown", detail=detail, document_id=document_id)

    async def flush(self) -> None:
        """Write down all that waits.

        Raises:
            DatabaseError: nothing was lost; it is tried again.
        """
        async with self._writing:
            while self._waiting:
                tenant_id = self._waiting[0][0].tenant_id
                batch = [
                    event
                    for principal, event in islice(self._waiting, BATCH)
                    if principal.tenant_id == tenant_id
                ]
                async with self._database.begin(self._waiting[0][0]) as transaction:
                    await transaction.audit.add_all(batch)
                written = set(map(id, batch))
                # Only now do they leave the queue; new ones may have joined it meanwhile.
                self._waiting = deque(pair for pair in self._waiting if id(pair[1]) not in written)

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(self._flush_s)
            try:
                await self.flush()
            except DatabaseError as error:
                log.warning("audit.waits", events=len(self._waiting), error=str(error))

    async def page(
        self, principal: Principal, wanted: AuditFilter, *, limit: int = 100, offset: int = 0
    ) -> AuditPage:
        """Show a part of the trail, newest first.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        _require_admin(principal)
        await self.flush()
        async with self._database.begin(principal, read_only=True) as transaction:
            rows = await transaction.audit.list(limit, offset, wanted)
            total = await transaction.audit.count(wanted)
        return AuditPage(events=[AuditRead.model_validate(row) for row in rows], total=total)

    async def export(self, principal: Principal, wanted: AuditFilter) -> AuditExport:
        """Write a part of the trail into an object below `logs/`, as JSON lines.

        Raises:
            ForbiddenError: the principal is no administrator.
            CapabilityDisabledError: there is no object store.
        """
        _require_admin(principal)
        if self._objects is None:
            raise CapabilityDisabledError("nowhere to export to: object_store.enabled is false")
        await self.flush()
        moment = datetime.now(UTC)
        until = min(wanted.until or moment, moment)
        lines = await self._lines(principal, replace(wanted, until=until))
        key = f"logs/{principal.tenant_id}/audit/{moment:%Y-%m-%dT%H%M%S.%fZ}.jsonl"
        await write_log(self._database, self._objects, principal, key, "".join(lines).encode())
        return AuditExport(object_key=key, events=len(lines))

    async def _lines(self, principal: Principal, wanted: AuditFilter) -> list[str]:
        lines: list[str] = []
        async with self._database.begin(principal, read_only=True) as transaction:
            while rows := await transaction.audit.list(BATCH, len(lines), wanted):
                lines.extend(_line(row) for row in rows)
        return lines


async def write_log(
    database: Database, objects: ObjectStore, principal: Principal, key: str, data: bytes
) -> None:
    """Write an object below `logs/` and account for it."""
    new = NewArtifact(
        object_key=key,
        kind=ArtifactKind.LOGS,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
    )
    async with database.begin(principal) as transaction:
        await transaction.artifacts.record(new)
        await transaction.audit.add("log.written", key)
    await objects.put(key, data, metadata={})


def _line(row: AuditEvent) -> str:
    shown = AuditRead.model_validate(row).model_dump(mode="json")
    return json.dumps(shown, ensure_ascii=False) + "\n"


def _require_admin(principal: Principal) -> None:
    if not principal.may(Role.ADMIN):
        raise ForbiddenError("the audit trail is for principals with the role 'admin'")
