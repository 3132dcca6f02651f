"""The documents of a job that several processes work at."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, Json, word
from data.models.base import Owned


class Stage(StrEnum):
    """What is next for a document; each has a queue of its own."""

    PARSE = "parse"
    EMBED = "embed"
    INDEX = "index"


class WorkStatus(StrEnum):
    """Who has a document: nobody, a queue, a worker; or it has ended."""

    WAITING = "waiting"
    SENT = "sent"
    RUNNING = "running"
    ENDED = "ended"


class WorkItem(Owned):
    """One document of a job that is spread over workers; it lives as long as the job runs.

    `given` is the file as the job names it. `touched_at` is when the item was sent, or the
    last sign of life of the `worker` that has it. `attempts` counts those of the stage.
    `waits_for` names earlier items of the same source or content, which come first.
    `outcome` is what became of the document; an item that was called off has none.
    """

    __tablename__ = "work_items"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "job_id"], ["jobs.tenant_id", "jobs.id"]),
        Index(None, "tenant_id", "job_id", "status", "ordinal"),
        Index(None, "status", "stage", "touched_at"),
    )

    job_id: Mapped[str] = mapped_column(Id, primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    given: Mapped[dict[str, Any]]
    waits_for: Mapped[list[int]] = mapped_column(Json, default=list)
    stage: Mapped[Stage] = mapped_column(word(Stage), default=Stage.PARSE)
    status: Mapped[WorkStatus] = mapped_column(word(WorkStatus), default=WorkStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None]
    touched_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    message: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[dict[str, Any] | None]
