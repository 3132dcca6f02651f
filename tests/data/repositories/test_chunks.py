from typing import Any

from sqlalchemy import event

from data.database import Database
from data.values import LiveChunk, NewSection
from providers.principal import Principal
from providers.types import PageSpan


async def test_live_says_all_that_a_citation_needs(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice, read_only=True) as tx:
        found = await tx.chunks.live([stored.chunk_ids[1]])
    assert found == [
        LiveChunk(
            chunk_id=stored.chunk_ids[1],
            document_id=stored.document_id,
            version=1,
            source="manual.pdf",
            title=None,
            collection_id=stored.collection_id,
            language="en",
            text="second",
            page_start=2,
            page_end=2,
            heading_path=("Guide", "Straße"),
            char_start=30,
            char_end=60,
            page_spans=(PageSpan(number=2, start=0, end=30),),
            token_count=6,
            kind="text",
            attribution=None,
            live_index=None,
        )
    ]


async def test_live_keeps_the_order_asked_for_and_drops_the_unknown(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, texts=["a", "b", "c"])
    wanted = [stored.chunk_ids[2], "unknown", stored.chunk_ids[0], stored.chunk_ids[2]]
    async with database.begin(alice, read_only=True) as tx:
        assert [found.text for found in await tx.chunks.live(wanted)] == ["c", "a"]
        assert await tx.chunks.live([]) == []


async def test_live_shows_the_published_version_of_a_chunk_that_two_versions_share(
    database: Database, library: Any, alice: Principal
) -> None:
    first = await library.store(alice, texts=["same", "gone"])
    second = await library.store(alice, sha256="b" * 64, texts=["new", "same"], publish=False)
    same = first.chunk_ids[0]
    assert second.chunk_ids[1] == same
    async with database.begin(alice) as tx:
        before = await tx.chunks.live([same, *second.chunk_ids, *first.chunk_ids])
        assert [(found.text, found.version) for found in before] == [("same", 1), ("gone", 1)]
        assert await tx.chunks.ids_in_use(first.document_id) == {
            *first.chunk_ids,
            *second.chunk_ids,
        }
        await tx.documents.publish(second.version_id)
    async with database.begin(alice) as tx:
        after = await tx.chunks.live([*first.chunk_ids, *second.chunk_ids])
        assert [(f.text, f.version, f.char_start) for f in after] == [
            ("same", 2, 30),
            ("new", 2, 0),
        ]
        assert await tx.chunks.ids_in_use(first.document_id) == set(second.chunk_ids)
        assert await tx.chunks.prune(first.document_id) == 2
        assert [c.text for c in await tx.chunks.of_document(first.document_id)] == ["new", "same"]


async def test_live_never_shows_a_version_that_is_not_published(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, publish=False)
    async with database.begin(alice) as tx:
        assert await tx.chunks.live(stored.chunk_ids) == []
        assert len(await tx.chunks.of_version(stored.version_id)) == 2
        await tx.documents.quarantine(stored.version_id, "no_text", "Scanned.")
        assert await tx.chunks.live(stored.chunk_ids) == []


async def test_live_is_one_statement(database: Database, library: Any, alice: Principal) -> None:
    stored = await library.store(alice)
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    async with database.begin(alice, read_only=True) as tx:
        event.listen(tx.chunks._session.get_bind(), "before_cursor_execute", note)
        await tx.chunks.live(stored.chunk_ids)
    assert len(seen) == 1
    for table in ("chunks", "document_versions", "documents"):
        assert f"{table}.tenant_id = " in seen[0]
        assert f"{table}.deleted_at IS NULL" in seen[0]


async def test_replacing_again_changes_nothing(
    database: Database, library: Any, alice: Principal
) -> None:
    await library.store(alice)
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        assert len(await tx.chunks.of_document(stored.document_id)) == 2
        version = await tx.documents.version(stored.version_id)
        assert version is not None
        assert version.chunk_count == 2


async def test_sections_keep_their_order(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    outline = [
        NewSection(level=1, title="B", path=("B",), start=0, page=1),
        NewSection(level=2, title="A", path=("B", "A"), start=40),
    ]
    async with database.begin(alice) as tx:
        await tx.sections.replace(stored.version_id, outline)
        await tx.sections.replace(stored.version_id, outline)
        found = await tx.sections.of_document(stored.document_id)
    assert [(s.level, s.title, s.path, s.start, s.page) for s in found] == [
        (1, "B", ["B"], 0, 1),
        (2, "A", ["B", "A"], 40, None),
    ]
