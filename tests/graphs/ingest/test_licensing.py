"""What may not be indexed is not taken in; what may not be quoted is never found."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.models import DocumentStatus, ExclusionKind, Use
from data.terms import NewLicence, Terms
from graphs.ingest.state import IngestOutcome, Provenance

MANUAL = "# Kettle\n\nDescale it every 60 days with citric acid.\n"
PAST = datetime(2020, 1, 1, tzinfo=UTC)


async def describe(bench: Any, name: str, *uses: Use, until: datetime | None = None) -> str:
    async with bench.database.begin(bench.principal) as tx:
        terms = Terms(uses=frozenset(uses), expires_at=until)
        return str((await tx.licences.put(NewLicence(name=name, terms=terms))).id)


def refused(outcome: IngestOutcome, words: str) -> bool:
    assert outcome.status is DocumentStatus.QUARANTINED
    assert outcome.reason == "licence_excluded"
    return words in (outcome.message or "")


async def test_a_licence_that_does_not_allow_to_index_keeps_the_file_out(bench: Any) -> None:
    await describe(bench, "closed", Use.ORIGINAL)

    outcome = await bench.ingest(MANUAL, provenance=Provenance(licence="closed"))

    assert refused(outcome, "'closed' does not allow to index")
    async with bench.database.begin(bench.principal, read_only=True) as tx:
        version = await tx.documents.version_number(outcome.document_id, 1)
    assert version.object_key is None
    assert await bench.providers.object_store.keys("raw/") == []


async def test_a_licence_that_nobody_described_keeps_the_file_out(bench: Any) -> None:
    outcome = await bench.ingest(MANUAL, provenance=Provenance(licence="unheard-of"))

    assert refused(outcome, "cicerone licences add")
    async with bench.database.begin(bench.principal, read_only=True) as tx:
        (licence,) = await tx.licences.list()
    assert (licence.name, licence.allowed_uses) == ("unheard-of", [])


async def test_a_document_that_gets_such_a_licence_stops_answering(bench: Any) -> None:
    await bench.ingest(MANUAL)

    await bench.ingest(MANUAL, provenance=Provenance(licence="unheard-of"))

    assert await bench.find("citric acid") == []
    await describe(bench, "unheard-of", *Use)
    assert await bench.find("citric acid")


async def test_a_licence_that_ended_keeps_the_file_out_until_it_is_renewed(bench: Any) -> None:
    told = Provenance(licence="trial")
    await describe(bench, "trial", *Use, until=PAST)
    assert refused(await bench.ingest(MANUAL, provenance=told), "ended on 2020-01-01")

    await describe(bench, "trial", *Use, until=datetime.now(UTC) + timedelta(days=1))

    assert (await bench.ingest(MANUAL, provenance=told)).status is DocumentStatus.INDEXED
    assert await bench.find("citric acid")


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        (ExclusionKind.SOURCE, "drafts/*"),
        (ExclusionKind.URI, "https://example.org/*"),
        (ExclusionKind.VENDOR, "Acme"),
    ],
)
async def test_an_exclusion_keeps_the_file_out(
    bench: Any, kind: ExclusionKind, pattern: str
) -> None:
    told = Provenance(uri="https://example.org/a.md", vendor="Acme", product="BX-2")
    async with bench.database.begin(bench.principal) as tx:
        made = await tx.licences.exclude(kind, pattern, "the maker asked")
    assert refused(await bench.ingest(MANUAL, "drafts/a.md", provenance=told), "the maker asked")

    async with bench.database.begin(bench.principal) as tx:
        await tx.licences.include(made.id)

    again = await bench.ingest(MANUAL, "drafts/a.md", provenance=told)
    assert again.status is DocumentStatus.INDEXED


async def test_what_may_be_indexed_and_not_quoted_is_kept_and_never_found(bench: Any) -> None:
    licence = await describe(bench, "index-only", Use.INDEX)

    outcome = await bench.ingest(MANUAL, provenance=Provenance(licence="index-only"))

    assert outcome.status is DocumentStatus.INDEXED
    assert await bench.find("citric acid") == []
    await describe(bench, "index-only", Use.INDEX, Use.QUOTE)
    assert await bench.find("citric acid")
    assert licence


async def test_excluded_bytes_leave_the_version_that_answers(bench: Any) -> None:
    first = await bench.ingest(MANUAL)
    changed = MANUAL.replace("60", "90")
    async with bench.database.begin(bench.principal) as tx:
        digest = hashlib.sha256(changed.encode()).hexdigest()
        await tx.licences.exclude(ExclusionKind.SHA256, digest, "leaked")

    assert refused(await bench.ingest(changed), "leaked")

    assert "every 60 days" in "".join(await bench.find("citric acid"))
    assert first.version == 1


async def test_where_a_file_comes_from_is_written_down(bench: Any) -> None:
    told = Provenance(uri="https://example.org/a.md", product="BX-2", vendor="Acme", is_public=True)

    outcome = await bench.ingest(MANUAL, provenance=told)

    async with bench.database.begin(bench.principal, read_only=True) as tx:
        row = await tx.documents.get(outcome.document_id)
    assert (row.source_uri, row.product.sku, row.is_public) == (told.uri, "BX-2", True)


async def test_an_unchanged_file_takes_on_what_its_source_says_now(bench: Any) -> None:
    outcome = await bench.ingest(MANUAL)
    await describe(bench, "closed", Use.INDEX)

    again = await bench.ingest(MANUAL, provenance=Provenance(licence="closed", product="BX-2"))

    assert again.status is DocumentStatus.UNCHANGED
    assert await bench.find("citric acid") == []
    async with bench.database.begin(bench.principal, read_only=True) as tx:
        assert (await tx.documents.get(outcome.document_id)).product.sku == "BX-2"


async def test_a_person_has_the_last_word_on_a_licence(bench: Any) -> None:
    outcome = await bench.ingest(MANUAL)
    await describe(bench, "closed", Use.INDEX)
    ours = await describe(bench, "ours", *Use)
    async with bench.database.begin(bench.principal) as tx:
        await tx.licences.give_document(outcome.document_id, ours, Terms())

    await bench.ingest(MANUAL, provenance=Provenance(licence="closed"))

    assert await bench.find("citric acid")
