"""What stands above a passage."""

from graphs.query.state import Passage

HEADING_SEPARATOR = " › "


def title_of(passage: Passage) -> str:
    """Return what a reader sees above a passage: the document's title and the headings."""
    title = passage.chunk.title or passage.source
    path = [heading for heading in passage.heading_path if heading != title]
    return HEADING_SEPARATOR.join([title, *path])
