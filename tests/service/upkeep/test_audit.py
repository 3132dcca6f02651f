import json
import time
from typing import Any

import pytest

from data.values import AuditFilter
from providers.principal import Principal, Role
from service.errors import ForbiddenError
from service.schemas import AskRequest

KETTLE = "# Kettle\n\nDescale the kettle with citric acid every sixty days.\n"


async def actions(bench: Any, **wanted: Any) -> list[str]:
    page = await bench.container.upkeep.audit.page(bench.principal, AuditFilter(**wanted))
    return [event.action for event in reversed(page.events)]


async def test_every_read_and_write_names_its_document(bench: Any) -> None:
    document_id = (await bench.ingest("kettle.md", KETTLE))["document_id"]
    library, trash = bench.container.library, bench.container.upkeep.trash
    await bench.find("descale the kettle")
    request = AskRequest(question="How often is the kettle descaled?")
    answer = await bench.container.answering.answer(bench.principal, request)
    await library.passage(bench.principal, answer.citations[0].chunk_id)
    await library.content(bench.principal, document_id)
    await library.delete(bench.principal, document_id)
    await trash.restore(bench.principal, document_id)
    await library.delete(bench.principal, document_id)
    await trash.purge(bench.principal, document_id)

    found = await actions(bench, document_id=document_id)

    assert found == [
        "document.published",
        "passages.shown",
        "passages.shown",
        "passages.shown",
        "content.read",
        "document.deleted",
        "document.restored",
        "document.deleted",
        "document.purged",
    ]
    page = await bench.container.upkeep.audit.page(
        bench.principal, AuditFilter(action="passages.shown")
    )
    assert [event.detail["how"] for event in page.events] == ["citation", "answer", "search"]
    assert all(event.trace_id and event.subject == "local" for event in page.events)
    assert page.events[1].trace_id == answer.trace_id


async def test_what_was_read_is_written_when_the_service_closes(open_bench: Any) -> None:
    slow = {"audit": {"flush_s": 60}}
    async with open_bench(**slow) as bench:
        await bench.ingest("kettle.md", KETTLE)
        await bench.find("descale")
    async with open_bench(**slow) as bench:
        assert "passages.shown" in await actions(bench)


async def test_reading_does_not_wait_for_the_trail(bench: Any) -> None:
    audit = bench.container.upkeep.audit
    started = time.perf_counter()
    for number in range(1000):
        await audit.record(bench.principal, "content.read", document_id=f"d{number}")
    taken = time.perf_counter() - started
    assert taken < 0.5  # half a millisecond each; a transaction takes several
    assert len(await actions(bench, action="content.read")) == 100
    page = await audit.page(bench.principal, AuditFilter(action="content.read"), limit=1)
    assert page.total == 1000


async def test_tenants_and_roles_are_kept_apart(bench: Any) -> None:
    await bench.ingest("kettle.md", KETTLE)
    audit = bench.container.upkeep.audit
    other = Principal(tenant_id="other", subject="o", roles=frozenset({Role.ADMIN}))
    await audit.record(other, "content.read")
    assert (await audit.page(other, AuditFilter())).total == 1
    assert "content.read" not in await actions(bench)
    reader = Principal(tenant_id="default", subject="r", roles=frozenset({Role.EDITOR}))
    with pytest.raises(ForbiddenError):
        await audit.page(reader, AuditFilter())


async def test_a_part_of_the_trail_is_exported(bench: Any) -> None:
    await bench.ingest("kettle.md", KETTLE)
    await bench.find("descale")
    audit = bench.container.upkeep.audit
    written = await audit.export(bench.principal, AuditFilter(subject="local"))
    assert written.object_key.startswith("logs/default/audit/")
    data = await bench.container.providers.object_store.get(written.object_key)
    events = [json.loads(line) for line in data.decode().splitlines()]
    assert len(events) == written.events
    assert {event["action"] for event in events} >= {"document.published", "passages.shown"}
