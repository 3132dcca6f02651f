"""The Range header (RFC 9110, section 14): one range of bytes."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes [start, end) of an object."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        """Return the Content-Range header; its end is inclusive."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


class UnsatisfiableRangeError(ValueError):
    """The range begins behind the last byte."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Read one range; None means the whole object.

    Several ranges or another unit are ignored, as the standard allows.

    Raises:
        UnsatisfiableRangeError: no byte of the object is in it.
    """
    found = _RANGE.fullmatch(header) if header else None
    if found is None or found.group(1, 2) == ("", ""):
        return None
    first, last = found.group(1, 2)
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise UnsatisfiableRangeError
        return ByteRange(size - length, size)
    start = int(first)
    end = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise UnsatisfiableRangeError
    return ByteRange(start, end)
