"""Turns bytes and extracted text into the one form the rest of the service sees."""

import re
import unicodedata

LINE_ENDS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
HYPHENATION = re.compile("[\x02\xad\ufffe\ufeff\u200b]")
"""Marks of a word broken over two lines, byte-order marks and zero-width spaces: no text."""
CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufff0-\ufff8\uffff\ud800-\udfff]")
LIGATURES = str.maketrans(
    {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st"}
)
"""Glyphs that some PDF and Word files store instead of letters; nobody searches with them."""
TRAILING_SPACE = re.compile(r"(?<![^\S\n])[^\S\n]+$", re.MULTILINE)
"""Tried only where a run of spaces begins: a long run would cost its square otherwise."""
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
UTF32_BOMS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")


def normalise(text: str) -> str:
    """Return `text` in NFC with LF line ends and no control characters but LF and TAB."""
    text = LINE_ENDS.sub("\n", text)
    text = HYPHENATION.sub("", text)
    text = CONTROLS.sub(" ", text).translate(LIGATURES)
    return TRAILING_SPACE.sub("", unicodedata.normalize("NFC", text))


def count_controls(text: str) -> int:
    """Count the control characters that `normalise` takes out of a text."""
    return len(CONTROLS.findall(text))


def decode(data: bytes) -> str:
    """Decode text: by its byte-order mark, else UTF-8, else Windows-1252.

    Text that is UTF-8 but for a few broken bytes keeps its good characters and gets U+FFFD
    for the bad ones; text that is mostly not UTF-8 is read as Windows-1252.
    """
    if data.startswith(UTF32_BOMS):
        return data.decode("utf-32", errors="replace")
    if data.startswith(UTF16_BOMS):
        return data.decode("utf-16", errors="replace")
    text = data.removeprefix(UTF8_BOM).decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    if not broken:
        return text
    multibyte = sum(1 for character in text if character > "\x7f") - broken
    return text if multibyte >= broken else data.decode("cp1252", errors="replace")
