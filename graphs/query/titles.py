"""What stands above a conversation, and above a passage."""

from typing import Final

from graphs.query.state import Passage
from providers.chat_model.reading.sentences import sentence_ends

HEADING_SEPARATOR: Final = " › "
MAX_TITLE_CHARS: Final = 80
_LEAST_CHARS: Final = 12
"""A first sentence shorter than this (`Hello.`) says nothing of what follows."""


def title_of_question(question: str) -> str:
    """Return the first sentence of a question on one line, cut at a word if it is long."""
    line = " ".join(question.split())
    ends = [end for end in sentence_ends(line) if end >= _LEAST_CHARS]
    first = line[: ends[0]].strip() if ends else line
    if len(first) <= MAX_TITLE_CHARS:
        return first
    cut = first[: MAX_TITLE_CHARS - 1]
    words = cut.rpartition(" ")[0]
    # A text without spaces, such as Chinese, is cut where it must be.
    kept = words if len(words) > MAX_TITLE_CHARS // 2 else cut
    return kept.rstrip(" ,;:–—-(") + "…"


def title_of(passage: Passage) -> str:
    """Return what a reader sees above a passage: the document's title and the headings."""
    title = passage.chunk.title or passage.source
    path = [heading for heading in passage.heading_path if heading != title]
    return HEADING_SEPARATOR.join([title, *path])
