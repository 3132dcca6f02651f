"""How many documents are sent, when, and how a job ends."""

import asyncio
from dataclasses import replace
from typing import Any

from data.models import JobStatus, Stage, WorkStatus
from service.spread.working import assemble

TEXTS = [f"# Pump {number}\n\nPump {number} moves water." for number in range(5)]


async def test_a_job_is_taken_through_its_stages_by_whoever_gets_the_message(world: Any) -> None:
    job = await world.submit(TEXTS)
    await world.start(job)

    delivered = await world.deliver_all()

    stages = [message.stage for message in delivered]
    assert [stages.count(stage) for stage in Stage] == [5, 5, 5]
    ended = await world.job(job.id)
    assert (ended.status, ended.done, ended.total) == (JobStatus.SUCCEEDED, 5, 5)
    assert [item["status"] for item in ended.result["documents"]] == ["indexed"] * 5
    assert await world.chunks() == TEXTS
    assert len(await world.events(job.id, "document.finished")) == 5
    assert await world.events(job.id, "job.finished") == [{"status": "succeeded"}]
    assert await world.items(job.id) == []
    assert await world.container.checkpoints.threads() == []
    assert await world.container.providers.object_store.keys("incoming") == []


async def test_no_more_documents_are_under_way_than_a_job_may_have(world: Any) -> None:
    job = await world.submit(TEXTS)
    await world.start(job)
    assert len(world.post.messages) == 2

    for _ in range(100):
        await world.first.sweeper.sweep()
        assert len(world.post.messages) <= 2
        if not world.post.messages:
            break
        await world.deliver()

    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED


async def test_a_full_queue_holds_new_documents_back(world: Any) -> None:
    jobs = [await world.submit([*TEXTS, f"{number}"]) for number in range(3)]
    for job in jobs:
        await world.start(job)
    assert len(world.post.messages) == 4  # of the 6 that the jobs alone would allow

    await world.deliver_all()
    for _ in range(3):  # the job that was held back is moved on by a sweep
        await world.first.sweeper.sweep()
        await world.deliver_all()

    assert {(await world.job(job.id)).status for job in jobs} == {JobStatus.SUCCEEDED}


async def test_versions_of_one_document_go_one_after_the_other(world: Any) -> None:
    job = await world.submit(["First text.", "Second text."], ["a.md", "a.md"])
    await world.start(job)
    assert [place.ordinal for place in world.post.places] == [0]

    await world.deliver_all()

    assert await world.chunks() == ["Second text."]
    report = (await world.job(job.id)).result
    assert [item["version"] for item in report["documents"]] == [1, 2]


async def test_equal_contents_of_two_names_become_one_document(world: Any) -> None:
    job = await world.submit(["Same text.", "Same text."], ["a.md", "b.md"])
    await world.start(job)

    await world.deliver_all()

    report = (await world.job(job.id)).result
    assert [item["status"] for item in report["documents"]] == ["indexed", "duplicate"]


async def test_a_job_of_unusable_files_ends_in_quarantine(world: Any) -> None:
    job = await world.submit(["", " \n"])
    await world.start(job)

    await world.deliver_all()

    ended = await world.job(job.id)
    assert ended.status is JobStatus.QUARANTINED
    assert [item["status"] for item in ended.result["documents"]] == ["quarantined"] * 2


async def test_a_cancelled_job_sends_nothing_more_and_ends(world: Any) -> None:
    job = await world.submit(TEXTS)
    await world.start(job)
    async with world.database.begin(world.principal) as tx:
        await tx.jobs.request_cancel(job.id)

    await world.first.job(job.tenant_id, job.id)  # the server's message about the wish
    await world.deliver_all()

    ended = await world.job(job.id)
    assert (ended.status, ended.done) == (JobStatus.CANCELLED, 0)
    assert await world.items(job.id) == []
    assert await world.chunks() == []
    assert len(await world.container.providers.object_store.keys("incoming")) == 5  # for a retry


async def test_a_cancelled_job_can_be_tried_again(world: Any) -> None:
    job = await world.submit(TEXTS[:2])
    await world.start(job)
    async with world.database.begin(world.principal) as tx:
        await tx.jobs.request_cancel(job.id)
    await world.first.job(job.tenant_id, job.id)
    async with world.database.begin(world.principal) as tx:
        assert await tx.jobs.retry(job.id)

    await world.first.job(job.tenant_id, job.id)
    await world.deliver_all()

    ended = await world.job(job.id)
    assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 2)


async def test_a_paused_job_rests_and_goes_on_where_it_was(world: Any) -> None:
    job = await world.submit(TEXTS[:2])
    await world.start(job)
    await world.deliver()  # the first document is parsed
    async with world.database.begin(world.principal) as tx:
        await tx.jobs.request_pause(job.id)
    await world.first.job(job.tenant_id, job.id)
    assert (await world.job(job.id)).status is JobStatus.PAUSED

    await world.deliver_all()  # messages that are still under way find nothing to do
    assert [item.status for item in await world.items(job.id)] == [WorkStatus.WAITING] * 2
    async with world.database.begin(world.principal) as tx:
        await tx.jobs.resume(job.id)
    await world.first.job(job.tenant_id, job.id)
    delivered = await world.deliver_all()

    assert [message.stage for message in delivered].count(Stage.PARSE) == 1
    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED


async def test_of_many_that_look_at_once_none_sends_too_much_and_one_ends_the_job(
    world: Any,
) -> None:
    job = await world.submit(TEXTS)
    looks = [work.job(job.tenant_id, job.id) for work in (world.first, world.second) * 3]
    await asyncio.gather(*looks)
    assert len(world.post.messages) == 2

    while world.post.messages:
        messages = [world.post.messages.popleft() for _ in range(len(world.post.messages))]
        twice = [work.document(each) for each in messages for work in (world.first, world.second)]
        await asyncio.gather(*twice)

    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED
    assert len(await world.events(job.id, "job.finished")) == 1
    assert len(await world.events(job.id, "document.finished")) == 5


async def test_a_message_about_a_job_of_another_tenant_does_nothing(world: Any) -> None:
    job = await world.submit(TEXTS[:1])

    await world.first.job("other", job.id)
    await world.first.job(job.tenant_id, "no such job")

    assert (await world.job(job.id)).status is JobStatus.QUEUED
    assert not world.post.messages


async def test_a_tick_runs_every_kind_of_schedule(world: Any) -> None:
    ran: list[str] = []

    async def broken() -> None:
        ran.append("broken")
        raise ValueError("a bug")

    async def working() -> None:
        ran.append("working")

    container = replace(world.container, due=(broken, working))
    await assemble(container, world.post).tick()

    assert ran == ["broken", "working"]
