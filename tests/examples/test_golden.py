from pathlib import Path

import pytest
from pydantic import ValidationError
from pypdfium2 import PdfDocument

from examples.company import QUESTIONS, GoldenQuestion, golden_questions
from examples.locate import QuoteNotFoundError, heading_of, locate, refresh

GOLDEN = golden_questions()
ANSWERABLE = [question for question in GOLDEN if question.answerable]


def test_the_set_has_60_questions_of_which_10_cannot_be_answered() -> None:
    assert len({question.id for question in GOLDEN}) == len(GOLDEN) == 60
    assert len({question.question for question in GOLDEN}) == 60
    assert len(ANSWERABLE) == 50
    assert len([question for question in GOLDEN if question.language == "de"]) >= 12


def test_every_manual_is_asked_about(manuals: dict[str, Path]) -> None:
    assert {question.document for question in ANSWERABLE} == set(manuals)


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_the_quote_stands_on_its_page_and_on_no_other(
    question: GoldenQuestion, pages: dict[str, list[str]]
) -> None:
    assert question.document and question.quote and question.answer
    texts = pages[question.document]

    holding = [number for number, text in enumerate(texts, 1) if question.quote in text]
    assert holding == [question.page]


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_the_heading_is_in_the_outline_at_or_before_the_page(
    question: GoldenQuestion, manuals: dict[str, Path]
) -> None:
    assert question.document and question.page
    outline = PdfDocument(manuals[question.document]).get_toc()
    pages = [
        entry.get_dest().get_index() + 1
        for entry in outline
        if entry.get_title() == question.heading
    ]

    assert pages and min(pages) <= question.page


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_a_question_is_not_a_copy_of_its_quote(question: GoldenQuestion) -> None:
    assert question.quote
    asked = [word.strip("?,.").lower() for word in question.question.split()]
    quoted = {word.strip("?,.").lower() for word in question.quote.split()}

    assert len([word for word in asked if word in quoted]) <= 0.7 * len(asked)


def test_what_cannot_be_answered_has_no_place() -> None:
    for question in GOLDEN:
        if not question.answerable:
            place = (question.answer, question.document, question.page, question.quote)
            assert place == (None, None, None, None)


def test_locating_the_quotes_again_changes_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "questions.jsonl"
    copy.write_bytes(QUESTIONS.read_bytes())

    assert refresh(copy) == 60
    assert copy.read_bytes() == QUESTIONS.read_bytes()


def test_a_quote_that_moved_is_found_on_its_new_page() -> None:
    moved = GoldenQuestion(
        id="x", question="?", language="en", answerable=True, document="d.pdf", quote="the | fact"
    )
    found = locate(
        moved.model_copy(update={"quote": "the fact"}),
        ["cover", "text with the fact"],
        "## One\n\nOther\n\n### Two\n\n> The **rest** and the\nfact\n",
    )

    assert (found.page, found.heading) == (2, "Two")


def test_a_quote_that_is_gone_is_an_error() -> None:
    gone = GoldenQuestion(id="x", question="?", language="en", answerable=True, quote="gone")

    with pytest.raises(QuoteNotFoundError, match="x: no page"):
        locate(gone, ["cover"], "## One\n")
    with pytest.raises(QuoteNotFoundError, match="no section"):
        heading_of("gone", "## One\n")


def test_a_row_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id":"a","question":"?","language":"en","answerable":true,"pages":1}\n')

    with pytest.raises(ValidationError, match="pages"):
        golden_questions(rows)
