"""What can be configured of upkeep."""

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentSettings(_Section):
    """How long a deleted document can be restored, in days."""

    retention_days: int = Field(default=30, ge=0)


class StorageSettings(_Section):
    """When objects move or go, in days; 0 never.

    `raw_cold_after_days`: originals go into cold storage. `derived_keep_days`: chunks and
    vectors, which can be made again, are removed. `grace_minutes`: what is younger may belong
    to work that is going on, and a reconcile leaves it.
    """

    raw_cold_after_days: int = Field(default=30, ge=0)
    derived_keep_days: int = Field(default=14, ge=0)
    grace_minutes: int = Field(default=60, ge=0)


class IndexSettings(_Section):
    """How indexes are replaced.

    `keep_days`: how long the one that was live before can come back. `max_loss`: how much
    nDCG@10 on a golden file a new index may lose and still go live.
    """

    keep_days: int = Field(default=7, ge=0)
    max_loss: float = Field(default=0.02, ge=0, le=1)


class AuditSettings(_Section):
    """How reads are written down: a batch every `flush_s` seconds."""

    flush_s: float = Field(default=1.0, gt=0, le=60)


class ScheduleSettings(_Section):
    """Cron expressions in UTC of what a server does by itself; an empty one switches it off."""

    enabled: bool = True
    purge: str = "7 2 * * *"
    lifecycle: str = "37 2 * * *"
    reconcile: str = "17 3 * * *"
    feedback: str = "47 3 * * *"
    report: str = "17 4 * * *"
