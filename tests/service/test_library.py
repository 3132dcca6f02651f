"""Documents in, found, cited, and gone when they are deleted."""

from pathlib import Path

import pytest

from providers.principal import Principal, Role, local_principal
from service.container import Container, open_container
from service.errors import DocumentNotFoundError, ForbiddenError, UploadRefusedError
from service.library import Upload
from service.schemas import AskRequest, IngestReport, JobRead, JobStatus, SearchRequest
from service.settings import Settings

OWNER = local_principal()


async def ingest(container: Container, *uploads: Upload, collection: str = "default") -> JobRead:
    """Submit and wait for the end."""
    job = await container.library.submit(OWNER, collection, uploads)
    async for _ in container.jobs.events(OWNER, job.job_id):
        pass
    return await container.jobs.get(OWNER, job.job_id)


async def test_a_submitted_document_is_found_and_cited(
    container: Container, manual: Upload
) -> None:
    job = await ingest(container, manual)
    assert job.status is JobStatus.SUCCEEDED
    report = IngestReport.model_validate(job.result)
    assert [(d.source, d.status.value) for d in report.documents] == [("brisk.md", "indexed")]
    found = await container.answering.search(OWNER, SearchRequest(query="How often to descale?"))
    assert found.hits[0].source == "brisk.md"
    assert found.hits[0].heading_path[-1] == "Descaling"
    answer = await container.answering.answer(
        OWNER, AskRequest(question="How often must I descale the kettle?")
    )
    assert "60 days" in answer.answer
    assert not answer.abstained
    assert "every 60 days" in answer.citations[0].quote
    assert len(answer.trace_id) == 32


async def test_what_was_deleted_is_never_found(container: Container, manual: Upload) -> None:
    await ingest(container, manual)
    page = await container.library.documents(OWNER)
    await container.library.delete(OWNER, page.documents[0].document_id)
    found = await container.answering.search(OWNER, SearchRequest(query="descale the kettle"))
    assert found.hits == []
    with pytest.raises(DocumentNotFoundError):
        await container.library.document(OWNER, page.documents[0].document_id)
    again = await ingest(container, manual)
    assert IngestReport.model_validate(again.result).documents[0].status.value == "indexed"
    found = await container.answering.search(OWNER, SearchRequest(query="descale the kettle"))
    assert found.hits


async def test_ingesting_again_changes_nothing(container: Container, manual: Upload) -> None:
    await ingest(container, manual)
    again = IngestReport.model_validate((await ingest(container, manual)).result)
    assert again.documents[0].status.value == "unchanged"
    assert (await container.library.documents(OWNER)).total == 1


async def test_the_original_is_kept_byte_for_byte(container: Container, manual: Upload) -> None:
    await ingest(container, manual)
    page = await container.library.documents(OWNER)
    content = await container.library.content(OWNER, page.documents[0].document_id)
    assert await content.read(0, content.size) == manual.path.read_bytes()
    assert await content.read(2, 7) == manual.path.read_bytes()[2:7]


async def test_another_tenant_sees_nothing(container: Container, manual: Upload) -> None:
    await ingest(container, manual)
    stranger = Principal(tenant_id="other", subject="s", roles=frozenset({Role.ADMIN}))
    page = await container.library.documents(OWNER)
    assert (await container.library.documents(stranger)).total == 0
    assert await container.library.collections(stranger) == []
    with pytest.raises(DocumentNotFoundError):
        await container.library.content(stranger, page.documents[0].document_id)
    with pytest.raises(DocumentNotFoundError):
        await container.library.delete(stranger, page.documents[0].document_id)


async def test_a_reader_may_not_change_documents(container: Container, manual: Upload) -> None:
    reader = Principal(tenant_id="default", subject="r", roles=frozenset({Role.READER}))
    with pytest.raises(ForbiddenError):
        await container.library.submit(reader, "default", [manual])
    with pytest.raises(ForbiddenError):
        await container.library.delete(reader, "any")


async def test_an_empty_upload_is_refused(container: Container) -> None:
    with pytest.raises(UploadRefusedError):
        await container.library.submit(OWNER, "default", [])


async def test_one_bad_file_stops_nothing(
    container: Container, manual: Upload, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"")
    job = await ingest(container, Upload(source="empty.pdf", path=empty, keep=True), manual)
    report = IngestReport.model_validate(job.result)
    states = {d.source: (d.status.value, d.reason) for d in report.documents}
    assert states == {"brisk.md": ("indexed", None), "empty.pdf": ("quarantined", "empty")}


async def test_an_unfinished_job_resumes_after_a_restart(
    settings: Settings, manual: Upload
) -> None:
    async with open_container(settings) as first:
        async with first.database.begin(OWNER) as tx:
            files = [{"source": manual.source, "path": str(manual.path)}]
            job = await tx.jobs.create(
                "ingest", {"files": files, "collection": "default"}, collection="default", total=1
            )
            await tx.jobs.start(job.id)
            job_id = job.id
    async with open_container(settings, resume=True) as second:
        async for _ in second.jobs.events(OWNER, job_id):
            pass
        assert (await second.jobs.get(OWNER, job_id)).status is JobStatus.SUCCEEDED
        assert (await second.library.documents(OWNER)).total == 1
