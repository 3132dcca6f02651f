"""Numbers, times and states in words."""

from datetime import UTC, datetime, timedelta
from typing import Final

from providers.types import Status
from service.schemas import DocumentStatus

_KB: Final = 1000
STATUS: Final = {
    DocumentStatus.PENDING: ("Processing", "busy"),
    DocumentStatus.INDEXED: ("Indexed", "good"),
    DocumentStatus.UNCHANGED: ("Unchanged", "good"),
    DocumentStatus.DUPLICATE: ("Duplicate", "note"),
    DocumentStatus.QUARANTINED: ("Quarantined", "warn"),
    DocumentStatus.FAILED: ("Failed", "bad"),
}
"""What a document's status is called, and the tone it is shown in."""
HEALTH: Final = {
    Status.READY: ("Ready", "good"),
    Status.DEGRADED: ("Degraded", "warn"),
    Status.UNAVAILABLE: ("Unavailable", "bad"),
    Status.DISABLED: ("Off", "note"),
}
"""What a capability's status is called, and the tone it is shown in."""
REASON: Final = {
    "corrupt": ("Damaged file", "Save or export the file again, then add the new copy."),
    "encrypted": ("Password-protected", "Save a copy without a password and add that."),
    "empty": ("Empty file", "The file holds nothing; check that it was saved."),
    "no_text": ("No text", "It looks like a scan. Run text recognition (OCR) and add the result."),
    "little_text": ("Little text", "Most pages are pictures. Review it: release or replace it."),
    "garbled": ("Garbled text", "Its characters were misread. Review it: release or replace it."),
    "too_large": ("Too large", "Split the file, or raise the limit in the settings."),
    "wrong_type": (
        "Wrong file type",
        "The content is not what the name says; rename or export it.",
    ),
    "unsupported": ("Unsupported format", "Export it as PDF, DOCX, HTML, Markdown or plain text."),
    "licence_excluded": ("Licence excluded", "Its licence or an exclusion forbids to take it in."),
    "timeout": ("Took too long", "Split or simplify the file, or raise the time limit."),
}
"""What a quarantine reason is called, and what to do about it."""
_STAGE: Final = {
    "fetch": "Reading",
    "check_licence": "Checking the licence",
    "store_raw": "Storing",
    "validate": "Checking",
    "parse": "Reading text",
    "compare": "Comparing",
    "dedupe": "Finding editions",
    "chunk": "Splitting",
    "embed": "Embedding",
    "index": "Indexing",
    "publish": "Publishing",
}


def size(count: int) -> str:
    """Say a number of bytes in decimal units: `999 B`, `1.5 MB`."""
    if count < _KB:
        return f"{count} B"
    value, unit = count / _KB, "kB"
    for larger in ("MB", "GB"):
        if value >= _KB:
            value, unit = value / _KB, larger
    return f"{value:.3g} {unit}" if value < _KB else f"{value:,.0f} {unit}"


def count(number: int, one: str, many: str | None = None) -> str:
    """Say how many there are: `1 page`, `1,234 pages`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Say how long ago something was; from a week on, the date. Naive times are UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    passed = (now or datetime.now(UTC)) - aware
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return f"{int(passed.total_seconds() // 60)} min ago"
    if passed < timedelta(days=1):
        return f"{int(passed.total_seconds() // 3600)} h ago"
    if passed < timedelta(days=7):
        return f"{count(passed.days, 'day')} ago"
    return aware.strftime("%d %b %Y").lstrip("0")


def stage(name: str) -> str:
    """Say what a stage of ingestion does."""
    return _STAGE.get(name, name.replace("_", " ").capitalize())


def reason(slug: str | None) -> tuple[str, str]:
    """Say what a quarantine reason means and what to do; ("", "") without one."""
    if not slug:
        return "", ""
    return REASON.get(slug, (slug.replace("_", " ").capitalize(), ""))


def sentence(words: str) -> str:
    """Begin with a capital and end with a full stop, as the service's messages may not."""
    trimmed = words.strip()
    if not trimmed:
        return ""
    return trimmed[0].upper() + trimmed[1:] + ("" if trimmed[-1] in ".!?…" else ".")


def place(page: int | None, heading_path: list[str] | tuple[str, ...]) -> str:
    """Say where a passage stands: `page 4 · Care › Cleaning`."""
    parts = [] if page is None else [f"page {page}"]
    if heading_path:
        parts.append(" › ".join(heading_path))
    return " · ".join(parts)
