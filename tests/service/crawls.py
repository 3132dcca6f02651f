"""Short ways to set up sources and crawl them in tests."""

from pathlib import Path
from typing import Any

from data.models import Document
from providers.principal import Principal, local_principal
from service.container import Container
from service.schemas import JobRead, JobStatus, SearchRequest
from service.source_schemas import CrawlReport, ItemRead, NewSource, SourceRead

OWNER = local_principal()
LOOPBACK = ["127.0.0.0/8"]


async def add_folder(container: Container, root: Path, **fields: Any) -> SourceRead:
    """Set up a folder source called `manuals`."""
    options = {"root": str(root), **fields.pop("options", {})}
    spec = {"name": "manuals", "plugin": "folder", "options": options, **fields}
    return await container.sources.add(OWNER, NewSource.model_validate(spec))


async def end_of(container: Container, job_id: str, principal: Principal = OWNER) -> JobRead:
    """Wait until a job has ended."""
    async for _ in container.jobs.events(principal, job_id):
        pass
    return await container.jobs.get(principal, job_id)


def report_of(job: JobRead) -> CrawlReport:
    """Return what a crawl came to."""
    assert job.status is JobStatus.SUCCEEDED, job.message
    return CrawlReport.model_validate(job.result)


async def crawl(container: Container, name: str = "manuals", **how: Any) -> CrawlReport:
    """Crawl a source to the end."""
    job = await container.sources.crawl(OWNER, name, **how)
    return report_of(await end_of(container, job.job_id))


async def items(container: Container, name: str = "manuals") -> dict[str, ItemRead]:
    """Return the items of a source by the last part of their URI."""
    page = await container.sources.items(OWNER, name, limit=500)
    return {item.uri.rsplit("/", 1)[-1]: item for item in page.items}


async def documents(container: Container) -> dict[str, Document]:
    """Return the documents of the default collection by source."""
    async with container.database.begin(OWNER, read_only=True) as tx:
        rows, _ = await tx.documents.list(limit=500)
    return {row.source: row for row in rows}


async def search(container: Container, query: str) -> set[str]:
    """Return the sources of what a search finds."""
    found = await container.answering.search(OWNER, SearchRequest(query=query, k=20))
    return {hit.source for hit in found.hits}
