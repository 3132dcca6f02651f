from collections.abc import Callable

from graphs.query.citations import CitationChecker
from graphs.query.state import Passage
from providers.types import PageSpan

TANK = "The tank holds 1.2 l. Refill it with cold water."
LAMP = "The lamp is a 25 W bulb. Do not touch it."


def checker(*passages: Passage) -> CitationChecker:
    return CitationChecker(passages, language="en", min_support=0.6)


def test_the_quote_stands_literally_in_the_document(passage: Callable[..., Passage]) -> None:
    document = "x" * 50 + TANK
    pages = (PageSpan(number=7, start=0, end=22), PageSpan(number=8, start=22, end=len(TANK)))
    found = passage(
        TANK, char_start=50, char_end=50 + len(TANK), page_start=7, page_end=8, page_spans=pages
    )
    checked = checker(found).check("Refill it with cold water [1].")
    assert checked is not None
    (citation,) = checked.citations
    assert citation.quote == "Refill it with cold water."
    assert document[citation.start : citation.end] == citation.quote
    assert citation.page == 8
    assert citation.support == 1.0
    assert checked.text == "Refill it with cold water [1]."


def test_a_marker_to_nowhere_is_replaced_by_the_passage_that_supports(
    passage: Callable[..., Passage],
) -> None:
    check = checker(passage(LAMP, rank=1), passage(TANK, rank=2))
    checked = check.check("The tank holds 1.2 l [9].")
    assert checked is not None
    assert [c.chunk_id for c in checked.citations] == ["chunk-2"]
    assert checked.text == "The tank holds 1.2 l [1]."


def test_a_marker_to_the_wrong_passage_is_removed(passage: Callable[..., Passage]) -> None:
    check = checker(passage(LAMP, rank=1), passage(TANK, rank=2))
    checked = check.check("The tank holds 1.2 l [1][2].")
    assert checked is not None
    assert [c.chunk_id for c in checked.citations] == ["chunk-2"]


def test_what_no_passage_supports_is_removed(passage: Callable[..., Passage]) -> None:
    check = checker(passage(TANK))
    assert check.check("The tank holds 2.1 l [1].") is None
    assert check.check("Descale it every month [1].") is None
    assert check.check("[1]") is None
    assert check.check("The documents do not answer this question.") is None
    assert check.citations == []


def test_markers_are_numbered_by_quote(passage: Callable[..., Passage]) -> None:
    check = checker(passage(LAMP, rank=1), passage(TANK, rank=2))
    texts = [
        check.check(sentence)
        for sentence in (
            "The tank holds 1.2 l [2].",
            "The lamp is a 25 W bulb [1].",
            "The tank holds 1.2 l [2].",
            "Refill it with cold water [2].",
        )
    ]
    assert [text.text[-4:] for text in texts if text] == ["[1].", "[2].", "[1].", "[3]."]
    assert [c.marker for c in check.citations] == [1, 2, 3]
