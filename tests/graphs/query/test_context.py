from collections.abc import Callable

from data.database import Database
from graphs.query.context import fit_context
from graphs.query.settings import ContextSettings
from graphs.query.state import Passage, QueryState
from graphs.query.steps import Turn


def state(*passages: Passage) -> QueryState:
    return {"question": "q", "language": "en", "passages": list(passages)}


async def test_markers_count_from_one(
    turn: Turn, database: Database, passage: Callable[..., Passage]
) -> None:
    given = state(passage("one", rank=1), passage("two", rank=2, heading_path=("Care",)))
    found = await fit_context(given, turn, database=database, settings=ContextSettings())
    assert [(g.marker, g.text) for g in found["grounding"]] == [(1, "one"), (2, "two")]
    assert found["grounding"][1].title == "Manual › Care"


async def test_the_budget_holds_but_never_leaves_nothing(
    turn: Turn, database: Database, passage: Callable[..., Passage]
) -> None:
    given = state(
        passage("a", rank=1, token_count=150),
        passage("b", rank=2, token_count=150),
        passage("c", rank=3, token_count=40),
    )
    found = await fit_context(
        given, turn, database=database, settings=ContextSettings(max_tokens=200)
    )
    assert [p.text for p in found["passages"]] == ["a", "c"]
    alone = state(passage("a", rank=1, token_count=900))
    found = await fit_context(
        alone, turn, database=database, settings=ContextSettings(max_tokens=100)
    )
    assert [p.text for p in found["passages"]] == ["a"]


async def test_no_more_than_the_limit(
    turn: Turn, database: Database, passage: Callable[..., Passage]
) -> None:
    given = state(*(passage(f"text {n}", rank=n) for n in range(1, 9)))
    found = await fit_context(
        given, turn, database=database, settings=ContextSettings(max_passages=3)
    )
    assert [g.marker for g in found["grounding"]] == [1, 2, 3]


async def test_overlapping_neighbours_count_once(
    turn: Turn, database: Database, passage: Callable[..., Passage]
) -> None:
    given = state(
        passage("x" * 100, rank=1, char_start=0, char_end=100),
        passage("x" * 100, rank=2, char_start=40, char_end=140),
        passage("x" * 100, rank=3, char_start=90, char_end=190),
    )
    found = await fit_context(given, turn, database=database, settings=ContextSettings())
    assert [p.chunk_id for p in found["passages"]] == ["chunk-1", "chunk-3"]


async def test_the_same_words_count_once_unless_they_are_of_other_models(
    turn: Turn, database: Database, passage: Callable[..., Passage]
) -> None:
    given = state(
        passage("Fill it.", rank=1, document_id="a", title="KX-200"),
        passage("Fill it.", rank=2, document_id="b", title="KX-200 (2nd edition)"),
        passage("Fill it.", rank=3, document_id="c", title="KX-300"),
    )
    found = await fit_context(given, turn, database=database, settings=ContextSettings())
    assert [p.chunk_id for p in found["passages"]] == ["chunk-1", "chunk-3"]
