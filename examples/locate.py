"""Finds where the golden quotes stand, and writes page and heading into the golden set.

Run `python -m examples.locate` after a manual has changed: pages move when text does.
"""

import json
import re
from pathlib import Path

from pypdfium2 import PdfDocument

from examples.company import QUESTIONS, GoldenQuestion, golden_questions
from examples.manual import MANUALS, read_manual
from examples.render import render


class QuoteNotFoundError(LookupError):
    """A golden quote stands on no page of its document, or in no section of its source."""


def normalise(text: str) -> str:
    """Make runs of white space one space."""
    return " ".join(text.split())


def page_texts(pdf: bytes) -> list[str]:
    """Return the normalised text of each page."""
    document = PdfDocument(pdf)
    try:
        return [normalise(page.get_textpage().get_text_range()) for page in document]
    finally:
        document.close()


def heading_of(quote: str, body: str) -> str:
    """Return the nearest heading above `quote` in a manual's Markdown.

    Raises:
        QuoteNotFoundError: no section holds the quote.
    """
    for section in re.split(r"^(?=#{2,4} )", body, flags=re.MULTILINE):
        title, _, text = section.partition("\n")
        if quote in normalise(re.sub(r"[|*]|^> |`", " ", text, flags=re.MULTILINE)):
            return title.lstrip("# ").strip()
    raise QuoteNotFoundError(f"no section holds {quote!r}")


def locate(question: GoldenQuestion, pages: list[str], body: str) -> GoldenQuestion:
    """Return the question with the page and heading where its quote stands.

    Raises:
        QuoteNotFoundError: the quote crosses a page break or is not there at all.
    """
    quote = question.quote or ""
    numbers = [number for number, text in enumerate(pages, 1) if quote in text]
    if not numbers:
        raise QuoteNotFoundError(f"{question.id}: no page of {question.document} holds {quote!r}")
    return question.model_copy(update={"page": numbers[0], "heading": heading_of(quote, body)})


def refresh(path: Path = QUESTIONS) -> int:
    """Locate every quote again and rewrite the golden set; return the number of questions."""
    manuals = {m.filename: m for m in map(read_manual, sorted(MANUALS.glob("*.md")))}
    pages = {name: page_texts(render(manual)) for name, manual in manuals.items()}
    rows = []
    for question in golden_questions(path):
        found = question
        if question.document is not None:
            document = question.document
            found = locate(question, pages[document], manuals[document].body)
        rows.append(json.dumps(found.model_dump(exclude_none=True), ensure_ascii=False))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return len(rows)


if __name__ == "__main__":
    refresh()
