"""The media types that parsers know, and the file extensions that claim them."""

from pathlib import PurePath

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
EPUB = "application/epub+zip"
DOC = "application/msword"
PPT = "application/vnd.ms-powerpoint"
XLS = "application/vnd.ms-excel"
MSG = "application/vnd.ms-outlook"
RTF = "application/rtf"
HTML = "text/html"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"
CSV = "text/csv"
EML = "message/rfc822"

NAMES = {
    PDF: "a PDF",
    DOCX: "a Word document (DOCX)",
    PPTX: "a PowerPoint file (PPTX)",
    XLSX: "an Excel workbook (XLSX)",
    ODT: "an OpenDocument text",
    EPUB: "an EPUB book",
    DOC: "an old Word document (DOC)",
    PPT: "an old PowerPoint file (PPT)",
    XLS: "an old Excel workbook (XLS)",
    MSG: "an Outlook message",
    RTF: "an RTF document",
    HTML: "an HTML page",
    MARKDOWN: "Markdown",
    PLAIN: "plain text",
    CSV: "a table of comma-separated values",
    EML: "an e-mail",
}
"""What a person calls each supported type."""

EXTENSIONS = {
    ".pdf": PDF,
    ".docx": DOCX,
    ".docm": DOCX,
    ".pptx": PPTX,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".odt": ODT,
    ".epub": EPUB,
    ".doc": DOC,
    ".ppt": PPT,
    ".xls": XLS,
    ".msg": MSG,
    ".rtf": RTF,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".log": PLAIN,
    ".rst": PLAIN,
    ".csv": CSV,
    ".eml": EML,
}

TEXTUAL = frozenset({HTML, MARKDOWN, PLAIN, CSV, EML})
"""Types without a signature of their own: among them the extension decides."""


def claimed(filename: str, media_type: str = "") -> str | None:
    """Return the type that the file name claims, or else the sender's; None when neither helps."""
    by_name = EXTENSIONS.get(PurePath(filename).suffix.lower())
    declared = media_type.partition(";")[0].strip().lower()
    return by_name or (declared if declared in NAMES else None)


def extension(filename: str) -> str:
    """Return the file name's extension in lower case, with its dot, or an empty string."""
    return PurePath(filename).suffix.lower()
