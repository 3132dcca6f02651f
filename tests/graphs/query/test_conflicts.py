from typing import Any

import pytest

from data.models import LinkKind
from data.values import NewLink
from graphs.query.conflicts import notice
from graphs.query.state import Conflict, Side

OLD = "# KX-500 manual\n\nDescale the boiler of the kettle every 90 days with citric acid.\n"
NEW = "# KX-500 manual\n\nDescale the boiler of the kettle every 60 days with citric acid.\n"
ASKED = "How often must I descale the boiler of the KX-500?"


async def _link(bench: Any, newer: str, older: str) -> None:
    async with bench.database.begin(bench.principal) as transaction:
        documents, _ = await transaction.documents.list()
        ids = {document.source: document.id for document in documents}
        link = NewLink(
            newer_id=ids[newer],
            older_id=ids[older],
            kind=LinkKind.REVISION,
            jaccard=0.9,
            containment=0.9,
            replaces=False,
        )
        await transaction.likeness.link(ids[newer], [link])


async def test_editions_that_differ_are_both_named(empty: Any) -> None:
    await empty.add("kx-500-2019.md", OLD)
    await empty.add("kx-500-2024.md", NEW)
    await _link(empty, "kx-500-2024.md", "kx-500-2019.md")
    answered = await empty.ask(ASKED)
    (conflict,) = answered["conflicts"]
    assert (conflict.newer.source, conflict.older.source) == ("kx-500-2024.md", "kx-500-2019.md")
    assert "60 days" in conflict.newer.quote
    assert "kx-500-2024.md says “Descale the boiler" in answered["answer"]
    assert "but kx-500-2019.md says" in answered["answer"]
    assert "".join(event["text"] for event in empty.said("token")) == answered["answer"]


async def test_documents_that_are_not_linked_do_not_conflict(empty: Any) -> None:
    await empty.add("kx-500.md", OLD)
    await empty.add("kx-500-other.md", NEW)
    answered = await empty.ask(ASKED)
    assert answered["conflicts"] == []
    assert "Note:" not in answered["answer"]


@pytest.mark.parametrize(
    "other",
    [
        OLD.replace("90 days", "90 days"),
        OLD.replace("90 days", "3 months or 90 days"),
        "# KX-500 manual\n\nFill the tank of the kettle with 2 litres of water.\n",
    ],
)
async def test_editions_that_agree_are_no_conflict(empty: Any, other: str) -> None:
    await empty.add("kx-500-2019.md", OLD)
    await empty.add("kx-500-2024.md", f"{other}\nSecond edition.\n")
    await _link(empty, "kx-500-2024.md", "kx-500-2019.md")
    assert (await empty.ask(ASKED))["conflicts"] == []


def test_a_notice_is_in_the_language_of_the_question() -> None:
    new = Side("d2", 1, "neu.pdf", "c2", 4, "Alle 60 Tage entkalken.", 0, 9)
    old = Side("d1", 1, "alt.pdf", "c1", 3, "Alle 90 Tage\nentkalken. " + "x" * 300, 0, 9)
    text = notice(Conflict(newer=new, older=old), "de")
    assert text.startswith("Hinweis: In neu.pdf (S. 4) steht „Alle 60 Tage entkalken“, in alt.pdf")
    assert len(text) < 330
