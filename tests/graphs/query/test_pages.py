from collections.abc import Callable

from graphs.query.pages import best_page, page_at
from graphs.query.state import Passage
from providers.types import PageSpan

TEXT = "Fill the tank with cold water. Empty the drip tray every evening."
SPLIT = TEXT.index("Empty")
PAGES = {
    "page_start": 4,
    "page_end": 5,
    "page_spans": (
        PageSpan(number=4, start=0, end=SPLIT),
        PageSpan(number=5, start=SPLIT, end=len(TEXT)),
    ),
}


def test_the_page_of_a_character(passage: Callable[..., Passage]) -> None:
    chunk = passage(TEXT, **PAGES).chunk
    assert [page_at(chunk, at) for at in (0, SPLIT - 1, SPLIT, len(TEXT))] == [4, 4, 5, 5]


def test_the_page_where_the_best_sentence_starts(passage: Callable[..., Passage]) -> None:
    chunk = passage(TEXT, **PAGES).chunk
    assert best_page(chunk, "When do I empty the drip tray?", "en") == 5
    assert best_page(chunk, "Which water?", "en") == 4


def test_a_fitting_heading_means_the_first_page(passage: Callable[..., Passage]) -> None:
    chunk = passage(TEXT, heading_path=("Care", "Drip tray: when to empty"), **PAGES).chunk
    assert best_page(chunk, "When do I empty the drip tray?", "en") == 4


def test_documents_without_pages_have_none(passage: Callable[..., Passage]) -> None:
    chunk = passage(TEXT, page_start=None, page_end=None, page_spans=()).chunk
    assert best_page(chunk, "tray", "en") is None
    assert page_at(chunk, 3) is None
