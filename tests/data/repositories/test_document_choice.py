"""Filters leave the right documents, in both databases and in one's own tenant only."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.columns import now
from data.database import Database
from data.repositories.document_choice import DocumentChoice
from data.values import ParsedVersion
from providers.principal import Principal


@pytest.fixture
async def shelf(database: Database, library: Any, alice: Principal) -> dict[str, Any]:
    """Two documents; the first states that it is of 2020, and belongs to a vendor's product."""
    stored = {
        "old": await library.store(alice, "Manuals/100%_old.pdf"),
        "new": await library.store(alice, "manuals/new.pdf", sha256="b" * 64),
        "draft": await library.store(alice, "draft.pdf", sha256="c" * 64, publish=False),
    }
    async with database.begin(alice) as tx:
        stated = ParsedVersion(stated_date=datetime(2020, 5, 1, tzinfo=UTC))
        await tx.documents.describe(stored["old"].version_id, stated)
        vendor = await tx.provenance.put_vendor("Wex")
        product = await tx.provenance.put_product("W-1", name="Kettle", vendor_id=vendor.id)
        await tx.documents.attach(stored["old"].document_id, product_id=product.id)
    return stored


async def left(
    database: Database, principal: Principal, shelf: dict[str, Any], *choices: DocumentChoice
) -> set[str]:
    async with database.begin(principal, read_only=True) as tx:
        ids = await tx.choices.ids(shelf["old"].collection_id, choices)
    return {name for name, stored in shelf.items() if stored.document_id in ids}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (DocumentChoice(), {"old", "new"}),
        (DocumentChoice(sources=("manuals/*",)), {"old", "new"}),
        (DocumentChoice(sources=("*100%_old*",)), {"old"}),
        (DocumentChoice(sources=("*%*",)), {"old"}),
        (DocumentChoice(sources=("*\\*",)), set()),
        (DocumentChoice(sources=("manuals/ne?.pdf",)), {"new"}),
        (DocumentChoice(until=datetime(2021, 1, 1, tzinfo=UTC)), {"old"}),
        (DocumentChoice(since=now() - timedelta(days=1)), {"new"}),
        (DocumentChoice(since=datetime(2020, 5, 1, tzinfo=UTC)), {"old", "new"}),
        (DocumentChoice(until=datetime(2020, 5, 1, tzinfo=UTC)), set()),
        (DocumentChoice(products=("W-1",)), {"old"}),
        (DocumentChoice(products=("Kettle", "other")), {"old"}),
        (DocumentChoice(vendors=("Wex",)), {"old"}),
        (DocumentChoice(vendors=("wex",)), set()),
        (DocumentChoice(public=False), {"old", "new"}),
        (DocumentChoice(public=True), set()),
    ],
)
async def test_what_a_choice_leaves(
    database: Database,
    shelf: dict[str, Any],
    alice: Principal,
    choice: DocumentChoice,
    expected: set[str],
) -> None:
    assert await left(database, alice, shelf, choice) == expected


async def test_all_choices_must_hold(
    database: Database, shelf: dict[str, Any], alice: Principal
) -> None:
    both = (DocumentChoice(sources=("*old*",)), DocumentChoice(sources=("*new*",)))
    assert await left(database, alice, shelf, *both) == set()
    assert await left(database, alice, shelf, both[0]) == {"old"}


async def test_another_tenant_has_other_documents(
    database: Database, shelf: dict[str, Any], bob: Principal
) -> None:
    assert await left(database, bob, shelf, DocumentChoice()) == set()


async def test_why_a_chunk_is_withheld(
    database: Database, shelf: dict[str, Any], alice: Principal, bob: Principal
) -> None:
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(shelf["old"].document_id)
    ids = [shelf["old"].chunk_ids[0], shelf["draft"].chunk_ids[0]]
    async with database.begin(alice, read_only=True) as tx:
        reasons = await tx.withheld.reasons(ids)
    assert [reasons[id].why for id in ids] == [
        "its document is deleted",
        "its version is not the published one",
    ]
    async with database.begin(bob, read_only=True) as tx:
        assert await tx.withheld.reasons(ids) == {}


async def test_links_among_documents(
    database: Database, shelf: dict[str, Any], alice: Principal
) -> None:
    ids = [stored.document_id for stored in shelf.values()]
    async with database.begin(alice, read_only=True) as tx:
        assert await tx.likeness.links_among(ids) == set()
