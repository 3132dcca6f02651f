"""Other bytes that say the same are no new version."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from data.models import DocumentStatus, VersionStatus
from graphs.ingest.freshness import text_digest
from graphs.ingest.running import ingest_document
from graphs.ingest.state import IngestInput, Provenance
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.types import Heading, Matrix, PageSpan, ParsedDocument, TextKind

TEXT = "# Kettle\n\nDescale every 60 days.\n\n## Data\n\n2200 W at 230 V.\n"
SAME = TEXT.replace("\n", "\r\n")
OTHER = TEXT.replace("60", "90")


class Counting(HashingEmbedder):
    """Counts the texts that it embeds."""

    texts = 0

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        self.texts += len(texts)
        return await super().embed(texts, kind=kind)


@pytest.fixture
def counting(bench: Any) -> Any:
    return bench.using(embedder=Counting(HashingConfig(dimensions=32)))


async def versions(bench: Any, document_id: str) -> list[tuple[int, VersionStatus]]:
    async with bench.database.begin(bench.principal, read_only=True) as tx:
        return [(v.number, v.status) for v in await tx.documents.versions(document_id)]


async def test_the_same_text_in_other_bytes_changes_nothing(counting: Any) -> None:
    first = await counting.ingest(TEXT)
    embedded, vectors = counting.providers.embedder.texts, await counting.vector_ids()

    again = await counting.ingest(SAME)

    assert (again.status, again.version) == (DocumentStatus.UNCHANGED, 1)
    assert again.message == "The bytes have changed and the text has not: version 1 stays."
    assert counting.providers.embedder.texts == embedded > 0
    assert await counting.vector_ids() == vectors
    assert await versions(counting, first.document_id) == [(1, VersionStatus.PUBLISHED)]
    async with counting.database.begin(counting.principal, read_only=True) as tx:
        document = await tx.documents.get(first.document_id)
    assert (document.version, document.current_version) == (1, 1)
    assert document.status is DocumentStatus.INDEXED


async def test_another_text_is_another_version_and_only_its_chunk_is_embedded(
    counting: Any,
) -> None:
    first = await counting.ingest(TEXT)
    await counting.ingest(SAME)
    embedded = counting.providers.embedder.texts

    changed = await counting.ingest(OTHER)

    assert (changed.status, changed.version) == (DocumentStatus.INDEXED, 2)
    assert counting.providers.embedder.texts == embedded + 1
    assert await versions(counting, first.document_id) == [
        (2, VersionStatus.PUBLISHED),
        (1, VersionStatus.SUPERSEDED),
    ]


async def test_a_version_that_was_answered_from_is_never_taken_back(counting: Any) -> None:
    first = await counting.ingest(TEXT)
    await counting.ingest(OTHER)
    await counting.ingest(SAME)  # published as version 3

    back = await counting.ingest(TEXT)

    assert (back.status, back.version) == (DocumentStatus.UNCHANGED, 3)
    assert await versions(counting, first.document_id) == [
        (3, VersionStatus.PUBLISHED),
        (2, VersionStatus.SUPERSEDED),
        (1, VersionStatus.SUPERSEDED),
    ]


async def test_another_chunker_makes_a_new_version_of_the_same_text(counting: Any) -> None:
    await counting.ingest(TEXT)
    counting.settings = counting.settings.model_copy(
        update={"chunk": counting.settings.chunk.model_copy(update={"max_tokens": 40})}
    )

    again = await counting.ingest(SAME)

    assert (again.status, again.version) == (DocumentStatus.INDEXED, 2)


def test_pages_and_headings_are_part_of_what_a_document_says() -> None:
    plain = ParsedDocument(text="One two", media_type="text/plain", parser="p")
    paged = replace(plain, pages=(PageSpan(number=1, start=0, end=7),))
    titled = replace(plain, headings=(Heading(level=1, title="One", start=0),))

    digests = {text_digest(document) for document in (plain, paged, titled)}

    assert len(digests) == 3
    assert text_digest(replace(plain)) in digests


async def test_a_document_knows_its_source_before_anybody_finds_it(bench: Any) -> None:
    async with bench.database.begin(bench.principal) as tx:
        collection = await tx.collections.ensure("default")
        source = await tx.sources.create(
            "site", {"plugin": "web", "options": {}, "collection_id": collection.id}
        )
    origin = Provenance(
        source_id=source.id, uri="https://example.com/a", product="B-12", is_public=True
    )
    given = IngestInput(source="a.md", collection="default", data=TEXT.encode(), provenance=origin)

    outcome = await ingest_document(bench.graph, bench.principal, given)

    async with bench.database.begin(bench.principal, read_only=True) as tx:
        document = await tx.documents.get(outcome.document_id)
        product = await tx.provenance.product("B-12")
    assert (document.source_id, document.source_uri) == (source.id, "https://example.com/a")
    assert (document.product_id, document.is_public) == (product.id, True)
