"""Work that outlives a request."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, word
from data.models.base import Owned


class JobStatus(StrEnum):
    """Where a job stands; the same words as the service's."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    QUARANTINED = "quarantined"


ENDED = frozenset(
    {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.QUARANTINED}
)
"""A job in one of these does not change any more."""


class Job(Owned):
    """A piece of work, resumable by its `payload`; `result` is its report.

    `worker` is the process that runs it and `heartbeat_at` its last sign of life. A job that
    failed for a passing reason is tried again after `next_attempt_at`, up to `max_attempts`;
    one that used them all is a dead letter from `dead_at` on, until a person retries it.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "status"),
        Index(None, "tenant_id", "created_at"),
        Index(None, "tenant_id", "dead_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    collection: Mapped[str | None]
    status: Mapped[JobStatus] = mapped_column(word(JobStatus), default=JobStatus.QUEUED)
    subject: Mapped[str]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_sequence: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=5, server_default=text("5"))
    reason: Mapped[str | None] = mapped_column(String(40))
    worker: Mapped[str | None]
    heartbeat_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    pause_requested: Mapped[bool] = mapped_column(default=False, server_default=false())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class JobEvent(Owned):
    """A step of a job; `sequence` counts from 1 without gaps."""

    __tablename__ = "job_events"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "job_id"], ["jobs.tenant_id", "jobs.id"]),)

    job_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
