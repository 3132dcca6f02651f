"""Names of items for people: relative, printable, and never a way out of a folder."""

import re
from urllib.parse import unquote, urlsplit

_UNWANTED = re.compile(r'[<>:"|?*\\]')
_MAX_PART = 120
_MAX_PARTS = 12


def safe_name(text: str, *, otherwise: str = "document") -> str:
    """Return a relative path made of what is harmless in `text`.

    Parts that are empty, hidden or lead upwards are mended; each is cut to 120 characters and
    keeps its extension, and at most the last 12 are kept.
    """
    readable = text.encode("utf-8", "replace").decode("utf-8")
    parts = [_part(part) for part in readable.split("/")]
    kept = [part for part in parts if part][-_MAX_PARTS:]
    return "/".join(kept) or otherwise


def name_of_url(url: str, *, suffix: str = "") -> str:
    """Return a name for a page: its host and path, with what was asked for.

    `suffix` (such as `.html`) is added when the path has no extension.
    """
    parts = urlsplit(url)
    path = unquote(parts.path, errors="replace").strip("/") or "index"
    query = f"_{unquote(parts.query, errors='replace')}" if parts.query else ""
    head, _, last = path.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    if dot and stem and extension.isalnum():
        last = f"{stem}{query.replace('/', '_')}.{extension}"
    else:
        last = f"{last}{query.replace('/', '_')}{suffix}"
    return safe_name("/".join(part for part in (parts.hostname or "", head, last) if part))


def _part(text: str) -> str:
    printable = "".join(
        character if character.isprintable() else "_" for character in _UNWANTED.sub("_", text)
    )
    part = printable.strip().lstrip(".").rstrip(". ")
    if len(part) <= _MAX_PART:
        return part
    stem, dot, extension = part.rpartition(".")
    ending = dot + extension if stem and len(extension) <= 8 else ""  # noqa: PLR2004 - `.markdown`
    return part[: _MAX_PART - len(ending)].rstrip(". ") + ending
