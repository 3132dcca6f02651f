from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from graphs.query.admission import Admission
from graphs.query.filters import Filters
from graphs.query.state import Passage
from providers.types import Candidates, VectorQuery


class WatchedStore:
    """Asks the real store, and remembers what it was asked."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.asked: list[VectorQuery] = []

    async def search(self, index: str, tenant_id: str, query: VectorQuery) -> Candidates:
        self.asked.append(query)
        found: Candidates = await self._store.search(index, tenant_id, query)
        return found


def sources(found: dict[str, Any]) -> set[str]:
    return {passage.source for passage in found["passages"]}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"kettle.md", "ofen.md"}),
        ({"language": "de"}, {"ofen.md"}),
        ({"language": ["de", "en"]}, {"kettle.md", "ofen.md"}),
        ({"source": "KETT*"}, {"kettle.md"}),
        ({"source": "k?ttle.md"}, {"kettle.md"}),
        ({"source": "%"}, set()),
        ({"source": ["*.pdf", "of*"]}, {"ofen.md"}),
        ({"media_type": "text/*"}, {"kettle.md", "ofen.md"}),
        ({"media_type": "application/pdf"}, set()),
        ({"heading": "kx-200 KETTLE > Desc"}, {"kettle.md"}),
        ({"heading": "Descaling"}, set()),
        ({"pages": "1-"}, set()),
        ({"kind": "table"}, set()),
        ({"kind": "text"}, {"kettle.md", "ofen.md"}),
        ({"until": "2020-01-01"}, set()),
        ({"since": "2020-01-01"}, {"kettle.md", "ofen.md"}),
        ({"public": True}, set()),
        ({"product": "KX-200"}, set()),
        ({"vendor": "Wex"}, set()),
        ({"document": "8c5e0000-0000-5000-8000-000000000000"}, set()),
        ({"language": "en", "source": "ofen*"}, set()),
    ],
)
async def test_only_what_fits_is_found(
    bench: Any, filters: dict[str, Any], expected: set[str]
) -> None:
    found = await bench.search("kettle vinegar seals Wassertank", filters=filters)
    assert sources(found) == expected


async def test_the_store_is_told_what_it_can_tell_apart(bench: Any) -> None:
    store = WatchedStore(bench.providers.store)
    found = await bench.using(store=store).search(
        "vinegar", filters={"language": "en", "source": "kettle*", "kind": "text"}
    )
    (passage, *_) = found["passages"]
    assert store.asked[0].where == {
        "document_id": (passage.document_id,),
        "language": ("en",),
        "kind": ("text",),
    }


async def test_without_filters_the_store_is_asked_as_ever(bench: Any) -> None:
    store = WatchedStore(bench.providers.store)
    await bench.using(store=store).search("vinegar")
    assert store.asked[0].where == {}


async def test_when_no_document_is_left_nobody_is_asked(bench: Any) -> None:
    store = WatchedStore(bench.providers.store)
    await bench.using(store=store).search("vinegar", filters={"source": "none*"})
    assert store.asked == []


RULE = {"attribute": "shelf", "narrows": "source"}


@pytest.mark.parametrize(
    ("shelf", "filters", "expected"),
    [
        ("kettle*", None, {"kettle.md"}),
        ("kettle*, ofen*", None, {"kettle.md", "ofen.md"}),
        ("kettle*", {"source": "ofen*"}, set()),
        (None, None, set()),
    ],
)
async def test_a_request_cannot_widen_what_a_rule_narrows(
    bench: Any, shelf: str | None, filters: dict[str, Any] | None, expected: set[str]
) -> None:
    ruled = bench.with_settings(rerank={"when": "never"}, access=[RULE])
    attributes = {} if shelf is None else {"shelf": shelf}
    ruled.principal = replace(bench.principal, attributes=attributes)
    found = await ruled.search("kettle vinegar seals Wassertank", filters=filters)
    assert sources(found) == expected


async def test_an_answer_is_filtered_too(bench: Any) -> None:
    answered = await bench.ask("Which tablets for the kettle?", filters={"source": "ofen*"})
    assert answered["abstained"] is True
    assert bench.said("passages.retrieved")[0]["hits"] == [] or all(
        hit["source"] == "ofen.md" for hit in bench.said("passages.retrieved")[0]["hits"]
    )


@pytest.mark.parametrize(
    ("pages", "admitted"),
    [("3", True), ("1-2", False), ("2-3", True), ("4-", True), ("5-", False), ("-3", True)],
)
def test_a_passage_over_two_pages_is_on_both(
    passage: Callable[..., Passage], pages: str, admitted: bool
) -> None:
    chunk = passage("text", page_start=3, page_end=4).chunk
    filters = Filters.model_validate({"pages": pages})
    assert Admission(filters=[filters], documents=None).admits(chunk) is admitted
