"""On which physical page a part of a chunk stands."""

from data.values import LiveChunk
from providers.chat_model.reading.sentences import units
from providers.chat_model.reading.words import content_stems


def page_at(chunk: LiveChunk, offset: int) -> int | None:
    """Return the page (from 1) of the character at `offset` of the chunk's text.

    Characters between pages belong to the page before. None for documents without pages.
    """
    page = chunk.page_start
    for span in chunk.page_spans:
        if span.start <= offset:
            page = span.number
    return page


def best_page(chunk: LiveChunk, question: str, language: str) -> int | None:
    """Return the page where the part of the chunk that fits the question best starts.

    The first page when the chunk lies on one page, or when its heading fits at least as
    well as any of its sentences.
    """
    if chunk.page_start == chunk.page_end or not chunk.page_spans:
        return chunk.page_start
    asked = set(content_stems(question, language))
    heading = len(asked.intersection(content_stems(" ".join(chunk.heading_path[-1:]), language)))
    best, start = heading, 0
    for unit in units(chunk.text):
        fit = len(asked.intersection(content_stems(unit.text, language)))
        if fit > best:
            best, start = fit, unit.start
    return page_at(chunk, start)
