"""Puts a row of a table into words."""

from collections.abc import Iterable

from providers.chat_model.question import Question
from providers.chat_model.reading.identifiers import identifiers, names_in
from providers.chat_model.reading.sentences import Unit, cells
from providers.chat_model.reading.words import content_stems

MIN_COLUMNS = 2
"""From this many models in the header on, a row without cells needs its header to be read."""


def present_row(unit: Unit, question: Question, names: Iterable[str] = ()) -> str:
    """Return a row as `Label: Header value; Header value`, its matching columns only.

    Columns match by the model they are headed with, else by words of the question; when
    none does, all are given. A row that lost its cells is quoted whole, followed by the
    header if it names models: which value is whose cannot be told, and is not guessed.

    Args:
        unit: The row.
        question: What is asked.
        names: Product names that headers may have, in lower case.
    """
    if not unit.text.startswith("|"):
        row, header = " ".join(unit.text.split()), " ".join(unit.header.split())
        models = identifiers(header, names)
        return f"{row} ({header})" if len(models) >= MIN_COLUMNS else row
    values = cells(unit.text)
    headers = cells(unit.header) if unit.header else [""] * len(values)
    pairs = [(h, v) for h, v in zip(headers, values, strict=False) if v]
    if len(pairs) <= 1:
        return ", ".join(value for _, value in pairs)
    (_, label), *rest = pairs
    chosen = _matching(rest, question) or rest
    return f"{label}: " + "; ".join(f"{h} {v}".strip() for h, v in chosen)


def _matching(pairs: list[tuple[str, str]], question: Question) -> list[tuple[str, str]]:
    names = frozenset().union(*(names_in(header) for header, _ in pairs))
    named = identifiers(question.text, names)
    by_model = [pair for pair in pairs if identifiers(pair[0], names) & named]
    if by_model:
        return by_model
    asked = set(question.terms)
    return [pair for pair in pairs if asked & set(content_stems(pair[0], question.language))]
