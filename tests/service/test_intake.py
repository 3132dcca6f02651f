"""Uploads that any worker can reach."""

from datetime import timedelta
from pathlib import Path

from data.columns import now
from providers.principal import Principal, Role
from service.container import Container
from service.intake import Intake, folder_of
from service.library import INGEST, Upload

ALICE = Principal(tenant_id="acme", subject="alice", roles=frozenset({Role.EDITOR}))


async def ended_job(container: Container, intake: Intake, path: Path, *, days: int) -> str:
    """Make an upload whose job failed so many days ago."""
    async with container.database.begin(ALICE) as tx:
        job = await tx.jobs.create(INGEST, {})
        await tx.jobs.fail(job.id, "no")
        row = await tx.jobs.get(job.id)
        assert row is not None
        row.finished_at = now() - timedelta(days=days)
    await intake.store(ALICE, job.id, [Upload(source="a.md", path=path, keep=True)])
    return job.id


async def test_an_upload_is_moved_into_the_store_below_its_tenant_and_job(
    container: Container, tmp_path: Path
) -> None:
    objects = container.providers.object_store
    assert objects is not None
    path, kept = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"one")
    kept.write_bytes(b"two")
    uploads = [Upload(source="a.md", path=path), Upload(source="b.md", path=kept, keep=True)]

    files = await Intake(objects).store(ALICE, "job-1", uploads)

    assert [file["source"] for file in files] == ["a.md", "b.md"]
    assert [file["object_key"] for file in files] == [
        "incoming/acme/job-1/0",
        "incoming/acme/job-1/1",
    ]
    assert await objects.get(files[0]["object_key"]) == b"one"
    assert (path.exists(), kept.exists()) == (False, True)
    await Intake(objects).remove("acme", "job-1")
    assert await objects.keys("incoming") == []


async def test_uploads_of_jobs_that_failed_long_ago_are_removed(
    container: Container, tmp_path: Path
) -> None:
    objects = container.providers.object_store
    assert objects is not None
    path = tmp_path / "a"
    path.write_bytes(b"one")
    intake = Intake(objects)
    await ended_job(container, intake, path, days=30)
    recent = await ended_job(container, intake, path, days=1)
    await intake.store(ALICE, "not-yet-recorded", [Upload(source="a", path=path, keep=True)])

    await intake.tidy(container.database)

    left = {key.rsplit("/", 1)[0] for key in await objects.keys("incoming")}
    assert left == {folder_of("acme", recent), folder_of("acme", "not-yet-recorded")}
