"""Names of uploaded files: shown to people and stored, never used as a path."""

import unicodedata

MAX_BYTES = 200
"""Longest name in UTF-8; file systems stop at 255, and suffixes are added for exports."""
MAX_PATH_BYTES = 800
"""Longest path in UTF-8; the database keeps 1000 characters."""
FALLBACK = "unnamed"
_JOINERS = frozenset({"\u200c", "\u200d"})
"""Invisible, but part of the spelling of Persian and Indic words and of emoji."""
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_filename(name: str) -> str:
    """Return a name without path, control characters or marks that reorder text.

    A bidirectional override can make `invoice_fdp.exe` look like `invoice_exe.pdf`.
    """
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", name)
        if character in _JOINERS or unicodedata.category(character) not in _DROPPED
    )
    last = kept.replace("\\", "/").rpartition("/")[2]
    stripped = " ".join(last.split()).strip(". ")
    return _shortened(stripped) or FALLBACK


def clean_source(name: str) -> str:
    """Return the name that citations show: a clean path below the folder that was uploaded.

    Whole folders are uploaded with paths, which tell two files of one name apart. A path
    that starts at a root or climbs out of its folder keeps its last part only.
    """
    parts = name.replace("\\", "/").split("/")
    inside = [part for part in parts if part.strip() not in {"", "."}]
    cleaned = "/".join(map(clean_filename, inside))
    at_root = name.startswith(("/", "\\")) or ":" in parts[0]
    if at_root or ".." in map(str.strip, inside) or len(cleaned.encode()) > MAX_PATH_BYTES:
        return clean_filename(name)
    return cleaned or FALLBACK


def _shortened(name: str) -> str:
    """Cut the stem, so that the suffix that tells the type stays."""
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    tail = (dot + suffix).encode()
    if not stem or len(tail) > MAX_BYTES // 4:
        stem, tail = name, b""
    return stem.encode()[: MAX_BYTES - len(tail)].decode(errors="ignore") + tail.decode()
