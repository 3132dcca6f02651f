"""Where crawls are counted."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from data.columns import now
from data.models import ENDED, CrawlJob, Job
from data.repositories.base import Repository

Counts = Mapping[str, Mapping[str, int]]
"""How many items had an outcome (a column of `CrawlJob`), by reason."""
READ = TEXT, CONTENT = ("text", "content")
"""Reasons why an item is unchanged that only reading it can tell: its text, or its bytes, are
those of the published version."""


class CrawlJobRepository(Repository):
    """The visits to the sources of a tenant."""

    async def begin(
        self, job_id: str, source_id: str, *, trigger: str, rules_version: str | None = None
    ) -> CrawlJob:
        """Write down a visit; again changes nothing."""
        row: dict[str, Any] = {
            "job_id": job_id,
            "source_id": source_id,
            "trigger": trigger,
            "rules_version": rules_version,
            "reasons": {},
        }
        await self._insert(CrawlJob, [row], ignore=True)
        crawl = await self.get(job_id)
        if crawl is None:
            raise AssertionError("a crawl that was written can be read")
        return crawl

    async def get(self, job_id: str) -> CrawlJob | None:
        """Return the crawl that a job does."""
        return await self._one(select(CrawlJob).where(CrawlJob.job_id == job_id))

    async def add(self, job_id: str, counts: Counts, *, bytes_fetched: int = 0) -> CrawlJob | None:
        """Count items of a crawl, and return what it has come to."""
        query = select(CrawlJob).where(CrawlJob.job_id == job_id).with_for_update()
        crawl = await self._one(query)
        if crawl is None:
            return None
        reasons = {outcome: dict(found) for outcome, found in crawl.reasons.items()}
        for outcome, found in counts.items():
            setattr(crawl, outcome, getattr(crawl, outcome) + sum(found.values()))
            total = reasons.setdefault(outcome, {})
            for reason, count in found.items():
                total[reason] = total.get(reason, 0) + count
        crawl.reasons = reasons
        crawl.bytes_fetched += bytes_fetched
        await self._session.flush()
        return crawl

    async def restart(self, job_id: str, rules_version: str) -> CrawlJob | None:
        """Count anew what every walk meets again; what was read or removed stays counted."""
        crawl = await self.get(job_id)
        if crawl is not None:
            crawl.rules_version = rules_version
            kept = {key: dict(crawl.reasons.get(key, {})) for key in ("fetched", "gone")}
            read = crawl.reasons.get("unchanged", {})
            kept["unchanged"] = {key: read[key] for key in READ if key in read}
            crawl.reasons = {key: found for key, found in kept.items() if found}
            crawl.unchanged = sum(kept["unchanged"].values())
            crawl.skipped = crawl.failed = 0
            await self._session.flush()
        return crawl

    async def finish(self, job_id: str) -> None:
        """Note that a crawl has ended."""
        crawl = await self.get(job_id)
        if crawl is not None:
            crawl.finished_at = now()
            await self._session.flush()

    async def history(self, source_id: str, limit: int = 20) -> Sequence[CrawlJob]:
        """Return the newest crawls of a source first."""
        query = (
            select(CrawlJob)
            .where(CrawlJob.source_id == source_id)
            .order_by(CrawlJob.created_at.desc(), CrawlJob.job_id)
            .limit(limit)
        )
        return await self._all(query)

    async def open(self, source_id: str, *, besides: str) -> CrawlJob | None:
        """Return a crawl of a source whose job has not ended, with another trigger than that."""
        query = (
            select(CrawlJob)
            .join(Job, Job.id == CrawlJob.job_id)
            .where(
                CrawlJob.source_id == source_id,
                CrawlJob.trigger != besides,
                Job.status.not_in(ENDED),
            )
            .order_by(CrawlJob.created_at)
            .limit(1)
        )
        return await self._one(query)
