from dataclasses import replace
from typing import Any

import pytest

from graphs.query.explaining import matched
from graphs.query.state import Outcome
from providers.principal import Role

ASKED = "How many litres does the KX-200 kettle hold?"


def test_matching_words_are_those_as_written() -> None:
    assert matched("The Kettles hold; a kettle holds.", {"kettl", "hold"}, "en") == (
        "Kettles",
        "hold",
        "kettle",
        "holds",
    )


async def test_a_search_explains_itself_only_when_asked(bench: Any) -> None:
    assert "explanation" not in await bench.search(ASKED)
    found = await bench.search(ASKED, explain=True, top_k=2)
    first, second = found["explanation"]
    assert (first.rank, first.outcome, first.source) == (1, Outcome.KEPT, "kettle.md")
    assert first.fused.dense_rank is not None
    assert first.fused.sparse_score is not None
    assert {"KX-200", "litres"} <= set(first.matched)
    assert second.rank == 2


async def test_an_answer_says_why_passages_were_dropped(bench: Any) -> None:
    await bench.add("copy.md", (await _kettle(bench)) + "\nSeen again.\n")
    settled = bench.with_settings(rerank={"when": "never"}, context={"max_passages": 2})
    answered = await settled.ask(ASKED, explain=True)
    outcomes = [(item.outcome, item.why) for item in answered["explanation"]]
    assert outcomes[0] == (Outcome.KEPT, "")
    assert (Outcome.LIMIT, "2 passages are enough") in outcomes
    assert (Outcome.DUPLICATE, "repeats passage 1") in outcomes


async def _kettle(bench: Any) -> str:
    found = await bench.search(ASKED, top_k=10)
    return "\n\n".join(p.text for p in found["passages"] if p.source == "kettle.md")


async def test_what_a_filter_leaves_out_is_listed(bench: Any) -> None:
    found = await bench.search(ASKED, explain=True, filters={"heading": "KX-200 kettle > Cap"})
    kinds = {item.outcome for item in found["explanation"]}
    assert kinds == {Outcome.KEPT, Outcome.FILTER}
    assert all(item.rank is None for item in found["explanation"] if item.outcome != "kept")


@pytest.mark.parametrize(("role", "told"), [(Role.EDITOR, True), (Role.READER, False)])
async def test_why_documents_are_withheld_is_told_to_those_who_look_after_them(
    bench: Any, role: Role, told: bool
) -> None:
    async with bench.database.begin(bench.principal) as transaction:
        documents, _ = await transaction.documents.list()
        kettle = next(d for d in documents if d.source == "kettle.md")
        await transaction.documents.soft_delete(kettle.id)
    bench.principal = replace(bench.principal, roles=frozenset({role}))
    found = await bench.search(ASKED, explain=True)
    gone = {item.why for item in found["explanation"] if item.outcome is Outcome.WITHHELD}
    assert gone == ({"its document is deleted"} if told else set())


async def test_what_a_rule_hides_is_not_told_of(bench: Any) -> None:
    ruled = bench.with_settings(
        rerank={"when": "never"}, access=[{"attribute": "shelf", "narrows": "source"}]
    )
    ruled.principal = replace(bench.principal, attributes={"shelf": "ofen*"})
    found = await ruled.search("kettle Wassertank", explain=True)
    assert {item.source for item in found["explanation"]} <= {"ofen.md"}
