"""Counts what there is, for metrics and service level objectives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.models import DocumentVersion, Job
from data.models.documents import Document, VersionStatus
from data.models.jobs import ENDED, JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What became of the files that arrived in some time; `fresh` were found soon enough."""

    arrived: int
    published: int
    fresh: int
    quarantined: int
    failed: int
    overdue: int


class Census:
    """Counts the rows of the session: one tenant's, or all of an unscoped one."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def queue(self) -> tuple[int, datetime | None]:
        """Return how many jobs wait, and since when the first of them does."""
        query = select(func.count(Job.id), func.min(Job.created_at)).where(
            Job.status == JobStatus.QUEUED, Job.deleted_at.is_(None)
        )
        depth, oldest = (await self._session.execute(query)).one()
        return depth, oldest

    async def running(self) -> int:
        """Return how many jobs run."""
        query = select(func.count(Job.id)).where(
            Job.status == JobStatus.RUNNING, Job.deleted_at.is_(None)
        )
        return (await self._session.execute(query)).scalar_one()

    async def ended(self) -> Mapping[tuple[str, str], int]:
        """Return how many jobs have ended, by kind and status."""
        query = (
            select(Job.kind, Job.status, func.count(Job.id))
            .where(Job.status.in_(ENDED))
            .group_by(Job.kind, Job.status)
        )
        rows = (await self._session.execute(query)).all()
        return {(kind, status.value): count for kind, status, count in rows}

    async def documents(self) -> Mapping[str, int]:
        """Return how many documents there are, by status."""
        query = (
            select(Document.status, func.count(Document.id))
            .where(Document.deleted_at.is_(None))
            .group_by(Document.status)
        )
        rows = (await self._session.execute(query)).all()
        return {status.value: count for status, count in rows}

    async def arrivals(self, since: datetime, *, fresh_s: float, now: datetime) -> Arrivals:
        """Return what became of the versions that arrived since a moment.

        Deleted ones count: what becomes of them later changes nothing. `overdue` have not come
        to an end within `fresh_s` seconds.
        """
        version = DocumentVersion
        took = extract("epoch", version.published_at) - extract("epoch", version.created_at)
        waited = int(now.timestamp()) - extract("epoch", version.created_at)
        published = version.published_at.is_not(None)
        query = (
            select(
                func.count(version.id),
                _sum(published),
                _sum(published & (took <= fresh_s)),
                _sum(version.status == VersionStatus.QUARANTINED),
                _sum(version.status == VersionStatus.FAILED),
                _sum((version.status == VersionStatus.PENDING) & (waited > fresh_s)),
            )
            .where(version.created_at >= since)
            .execution_options(include_deleted=True)
        )
        found = [int(each or 0) for each in (await self._session.execute(query)).one()]
        names = ("arrived", "published", "fresh", "quarantined", "failed", "overdue")
        return Arrivals(**dict(zip(names, found, strict=True)))


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
