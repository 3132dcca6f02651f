"""Editions are linked, and the collection's policy decides which of them answers."""

from typing import Any

import pytest

from data.models import DocumentStatus, DuplicatePolicy, LinkKind
from graphs.ingest.state import Provenance

PARAGRAPH = (
    "Fill the tank up to the mark before you switch the pump of station {n} on. The lamp {n} "
    "lights while the water heats, and goes out when it has reached {t} degrees. Do not open "
    "valve {n} in the meantime, since steam escapes there and may burn your hand badly.\n\n"
)


def manual(version: str, start: int = 0, end: int = 12) -> str:
    """Text whose paragraphs are told apart by their numbers."""
    body = "".join(PARAGRAPH.format(n=n, t=40 + n) for n in range(start, end))
    return f"# Pump manual\n\n{version}\n\n{body}"


async def set_policy(bench: Any, policy: DuplicatePolicy) -> None:
    async with bench.database.begin(bench.principal) as tx:
        collection = await tx.collections.ensure("default")
        await tx.likeness.set_policy(collection.id, policy)


async def related(bench: Any, document_id: str) -> list[tuple[LinkKind, str, bool]]:
    async with bench.database.begin(bench.principal, read_only=True) as tx:
        rows = await tx.likeness.related(document_id)
    return [(link.kind, other.source, link.newer_id == other.id) for link, other in rows]


async def answering(bench: Any) -> set[str]:
    """Return the names of the documents that search shows."""
    ids = await bench.vector_ids()
    async with bench.database.begin(bench.principal, read_only=True) as tx:
        return {chunk.source for chunk in await tx.chunks.live(sorted(ids))}


@pytest.mark.parametrize("newer_first", [False, True])
async def test_two_versions_are_revisions_whichever_comes_first(
    bench: Any, newer_first: bool
) -> None:
    editions = [("old.md", manual("Version 12")), ("new.md", manual("Version 13", 1, 14))]
    for name, text in reversed(editions) if newer_first else editions:
        outcome = await bench.ingest(text, name)
        assert outcome.status is DocumentStatus.INDEXED
    async with bench.database.begin(bench.principal, read_only=True) as tx:
        rows = {row.source: row for row in (await tx.documents.list())[0]}
        stated = await tx.documents.published(rows["new.md"].id)

    assert await related(bench, rows["old.md"].id) == [(LinkKind.REVISION, "new.md", True)]
    assert stated.stated_version == "13"
    assert await answering(bench) == {"old.md", "new.md"}
    await set_policy(bench, DuplicatePolicy.KEEP_NEWEST)
    assert await answering(bench) == {"new.md"}


async def test_the_older_edition_answers_again_when_the_newer_one_changes(bench: Any) -> None:
    await set_policy(bench, DuplicatePolicy.KEEP_NEWEST)
    await bench.ingest(manual("Version 1"), "a.md")
    await bench.ingest(manual("Version 2"), "b.md")
    assert await answering(bench) == {"b.md"}

    await bench.ingest(manual("Version 2", 50, 60), "b.md")

    assert await answering(bench) == {"a.md", "b.md"}


async def test_without_a_version_the_later_one_stands_in_for_what_it_holds(bench: Any) -> None:
    await set_policy(bench, DuplicatePolicy.KEEP_NEWEST)
    await bench.ingest(manual("Pumps"), "a.md")
    await bench.ingest(manual("Pumps", 0, 13), "b.md")
    assert await answering(bench) == {"b.md"}

    extract = await bench.ingest(manual("Pumps", 0, 8), "extract.md")

    assert await answering(bench) == {"b.md", "extract.md"}
    assert len(await related(bench, extract.document_id)) == 2


async def test_a_near_duplicate_is_skipped_and_the_other_is_named(bench: Any) -> None:
    await set_policy(bench, DuplicatePolicy.SKIP)
    first = await bench.ingest(manual("Pumps"), "a.md")

    outcome = await bench.ingest(manual("Pumps.").replace("badly", "severely", 1), "copy.md")

    assert outcome.status is DocumentStatus.DUPLICATE
    assert outcome.document_id == first.document_id
    assert "'a.md'" in (outcome.message or "")
    assert await answering(bench) == {"a.md"}
    async with bench.database.begin(bench.principal, read_only=True) as tx:
        assert (await tx.documents.list())[1] == 1


async def test_a_new_version_is_not_skipped_nor_is_a_document_that_answers(bench: Any) -> None:
    await set_policy(bench, DuplicatePolicy.SKIP)
    await bench.ingest(manual("Version 1"), "a.md")
    other = manual("Nothing alike", 70, 80)
    await bench.ingest(other, "b.md")

    second = await bench.ingest(manual("Version 2"), "c.md")
    changed = await bench.ingest(manual("Version 1").replace("badly", "severely", 1), "b.md")

    assert second.status is DocumentStatus.INDEXED
    assert (changed.status, changed.version) == (DocumentStatus.INDEXED, 2)


async def test_manuals_of_two_products_are_never_the_same(bench: Any) -> None:
    await set_policy(bench, DuplicatePolicy.KEEP_NEWEST)
    await bench.ingest(manual("Version 1"), "a.md", provenance=Provenance(product="P-1"))
    other = await bench.ingest(manual("Version 2"), "b.md", provenance=Provenance(product="P-2"))

    assert await related(bench, other.document_id) == []
    assert await answering(bench) == {"a.md", "b.md"}


async def test_another_collection_has_its_own_documents(bench: Any) -> None:
    await bench.ingest(manual("Version 1"), "a.md")
    other = await bench.ingest(manual("Version 2"), "b.md", "elsewhere")

    assert await related(bench, other.document_id) == []
