"""Writes a conversation into a file that people keep."""

import re

from service.conversation_schemas import ConversationFull, ExportFormat, MessageRead
from service.schemas import Citation

MEDIA_TYPES = {
    ExportFormat.JSON: "application/json",
    ExportFormat.MARKDOWN: "text/markdown; charset=utf-8",
}
_SUFFIX = {ExportFormat.JSON: "json", ExportFormat.MARKDOWN: "md"}
_SPEAKERS = {"user": "Question", "assistant": "Answer"}
_NO_FILENAME = re.compile(r"[^\w-]+")
_HEADING = re.compile(r"^(#{1,6})(?=\s)", re.MULTILINE)


def export(conversation: ConversationFull, form: ExportFormat) -> str:
    """Return a conversation as text, with the citations of its answers."""
    if form is ExportFormat.JSON:
        return conversation.model_dump_json(indent=2) + "\n"
    title = " ".join(conversation.title.split())
    begun = f"{conversation.created_at:%Y-%m-%d %H:%M} UTC"
    parts = [f"# {title}", f"*{conversation.subject}, {begun}*", *map(_turn, conversation.turns)]
    return "\n\n".join(parts) + "\n"


def filename(conversation: ConversationFull, form: ExportFormat) -> str:
    """Return a name for the file, of letters, digits, `_` and `-`."""
    stem = _NO_FILENAME.sub("-", conversation.title).strip("-")[:60]
    return f"{stem or 'conversation'}.{_SUFFIX[form]}"


def _turn(turn: MessageRead) -> str:
    # What was said must not become a heading of this file.
    said = _HEADING.sub(r"\\\1", turn.content)
    lines = [f"## {_SPEAKERS.get(turn.role, turn.role)}", said]
    if turn.citations:
        lines.append("\n".join(map(_source, turn.citations)))
    return "\n\n".join(lines)


def _source(citation: Citation) -> str:
    where = [citation.source, f"version {citation.version}"]
    if citation.page is not None:
        where.append(f"page {citation.page}")
    if citation.heading_path:
        where.append(" › ".join(citation.heading_path))
    if citation.attribution:
        where.append(citation.attribution)
    quote = " ".join(citation.quote.split())
    return f"- [{citation.marker}] {', '.join(where)}: “{quote}”"
