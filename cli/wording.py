"""Words for the terminal: places, excerpts, and text that cannot steer it."""

import re
import sys
from collections.abc import Sequence

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
STDIN = "-"


def printable(text: str) -> str:
    """Replace control characters: a document must not be able to steer a terminal."""
    return _CONTROL.sub("\ufffd", text)


def excerpt(text: str, limit: int) -> str:
    """Shorten a passage to `limit` characters on one line."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def place(source: str, page: int | None, headings: Sequence[str]) -> str:
    """Name a place in a document: file, physical page, headings."""
    parts = [source]
    if page is not None:
        parts.append(f"p. {page}")
    if headings:
        parts.append(" › ".join(headings))
    return excerpt(", ".join(parts), 200)


def degraded_note(parts: Sequence[str]) -> str:
    """Say what was left out."""
    return "Left out: " + ", ".join(parts)


def text_argument(value: str) -> str:
    """Return the argument, or what standard input holds when it is `-`."""
    if value != STDIN:
        return value
    from cli.problems import UsageProblemError

    try:
        return sys.stdin.buffer.read().decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise UsageProblemError("standard input is not valid UTF-8") from error


_COLLECTION = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_KEY_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def require_collection(name: str) -> None:
    """Refuse a name that no collection can have, before any work is done.

    Raises:
        UsageProblemError: with the rule.
    """
    from cli.problems import UsageProblemError

    if not _COLLECTION.fullmatch(name):
        raise UsageProblemError(
            f"{excerpt(name, 80)!r} cannot name a collection: use lower-case letters, digits, "
            "- and _, at most 63, starting with a letter or digit"
        )


def require_key_name(name: str) -> None:
    """Refuse a name that a key cannot have.

    Raises:
        UsageProblemError: with the rule.
    """
    from cli.problems import UsageProblemError

    if not _KEY_NAME.fullmatch(name):
        raise UsageProblemError(
            "a key's name has 1 to 100 characters and no control characters; "
            "say what the key is for"
        )


def require_conversation_id(text: str) -> None:
    """Refuse what cannot be the id of a conversation, before any work is done.

    Raises:
        UsageProblemError: with the rule.
    """
    from cli.problems import UsageProblemError
    from service.schemas import CONVERSATION_ID

    if re.fullmatch(CONVERSATION_ID, text) is None:
        raise UsageProblemError(
            f"{excerpt(text, 80)!r} cannot be the id of a conversation: use up to 64 letters, "
            "digits and _.:@- and begin with a letter or digit"
        )


def could_be_id(text: str) -> bool:
    """Tell whether `text` has the shape of an id; what has not, names nothing."""
    return _ID.fullmatch(text) is not None


def require_document_id(text: str) -> None:
    """Refuse what no document's id can be, before any work is done.

    Raises:
        DocumentNotFoundError: nothing has that id.
    """
    from service.errors import DocumentNotFoundError

    if not could_be_id(text):
        raise DocumentNotFoundError(f"no document {excerpt(text, 80)!r}")
