import io
import random
import re
import zipfile

import pytest

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.sniffing import sniff

PDF = b"%PDF-1.7\n1 0 obj"
HTML = b"<!DOCTYPE html><html><body>Hello</body></html>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
LIMIT = 1_000_000


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            # Without a time of its own: the bytes are part of a test's name.
            member = zipfile.ZipInfo(name.replace("__", "/").replace("_xml", ".xml"))
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


DOCX = zipped(word__document_xml=b"<w:document/>")


def found(data: bytes, filename: str, media_type: str = "") -> str:
    return sniff(data, filename=filename, media_type=media_type, max_expanded_bytes=LIMIT)


def refused(data: bytes, filename: str) -> UnreadableDocumentError:
    with pytest.raises(UnreadableDocumentError) as caught:
        found(data, filename)
    return caught.value


@pytest.mark.parametrize(
    ("data", "filename", "media_type"),
    [
        (PDF, "a.pdf", media.PDF),
        (PDF, "noextension", media.PDF),
        (b"junk\n" + PDF + b"\nstartxref\n0", "a.pdf", media.PDF),
        (b"About files:\n%PDF-1.4 starts a PDF.", "a.txt", media.PLAIN),
        (DOCX, "a.docx", media.DOCX),
        (zipped(ppt__presentation_xml=b""), "a.pptx", media.PPTX),
        (zipped(xl__workbook_xml=b""), "A.XLSX", media.XLSX),
        (zipped(mimetype=media.ODT.encode()), "a.odt", media.ODT),
        (zipped(mimetype=media.EPUB.encode()), "a.epub", media.EPUB),
        (OLE + "WordDocument".encode("utf-16-le"), "a.doc", media.DOC),
        (OLE + "__properties_version1.0".encode("utf-16-le") + PDF, "a.msg", media.MSG),
        (b"{\\rtf1 hi}", "a.rtf", media.RTF),
        (HTML, "a.html", media.HTML),
        (HTML, "noextension", media.HTML),
        (b"<p>fragment</p>", "a.htm", media.HTML),
        (b"# Title", "a.md", media.MARKDOWN),
        (b"From: a@b.c\nSubject: x\n\nhi", "a.eml", media.EML),
        ("größer".encode("utf-16"), "a.txt", media.PLAIN),
        (b"words", "noextension", media.PLAIN),
    ],
)
def test_type_is_found(data: bytes, filename: str, media_type: str) -> None:
    assert found(data, filename) == media_type


def test_declared_type_helps_where_the_name_does_not() -> None:
    assert found(b"# Title", "upload", "text/markdown; charset=utf-8") == media.MARKDOWN


@pytest.mark.parametrize(
    ("data", "filename", "reason", "says"),
    [
        (b"", "a.pdf", QuarantineReason.EMPTY, "empty"),
        (b" \n\t\x00", "a.txt", QuarantineReason.EMPTY, "empty"),
        (DOCX, "a.pdf", QuarantineReason.WRONG_TYPE, r"Word document \(DOCX\) but is named .pdf"),
        (PDF, "a.docx", QuarantineReason.WRONG_TYPE, "a PDF but is named .docx"),
        (PDF, "a.txt", QuarantineReason.WRONG_TYPE, "a PDF but is named .txt"),
        (HTML, "a.pdf", QuarantineReason.WRONG_TYPE, "HTML page but is named .pdf"),
        (b"just words", "a.pdf", QuarantineReason.WRONG_TYPE, "plain text but is named .pdf"),
        (PNG, "a.pdf", QuarantineReason.WRONG_TYPE, "PNG image but is named .pdf"),
        (b"no headers here", "a.eml", QuarantineReason.WRONG_TYPE, "no mail headers"),
        (PNG, "a.png", QuarantineReason.UNSUPPORTED, "PNG image"),
        (bytes(range(256)) * 4, "a.bin", QuarantineReason.UNSUPPORTED, "unknown binary"),
        (zipped(readme=b"x"), "a.zip", QuarantineReason.UNSUPPORTED, "ZIP archive"),
        (DOCX[:40], "a.docx", QuarantineReason.CORRUPT, "damaged ZIP"),
        (bytes(range(256)) * 4, "a.docx", QuarantineReason.CORRUPT, "damaged"),
        (
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "a.docx",
            QuarantineReason.ENCRYPTED,
            "password",
        ),
        (
            zipped(word__document_xml=b"x" * (LIMIT + 1)),
            "a.docx",
            QuarantineReason.TOO_LARGE,
            "unpack to more than 1 MB",
        ),
    ],
)
def test_file_is_refused(data: bytes, filename: str, reason: QuarantineReason, says: str) -> None:
    error = refused(data, filename)

    assert error.reason is reason
    assert re.search(says, str(error))


def test_zip_directory_that_lies_about_sizes_is_not_believed() -> None:
    honest = zipped(word__document_xml=b"x" * (2 * LIMIT))
    lying = honest.replace((2 * LIMIT).to_bytes(4, "little"), (10).to_bytes(4, "little"))

    assert refused(lying, "a.docx").reason in {
        QuarantineReason.TOO_LARGE,
        QuarantineReason.CORRUPT,
    }


def test_incompressible_pictures_are_no_bomb() -> None:
    noise = random.Random(1).randbytes(LIMIT + 1000)  # noqa: S311 - no secret

    assert found(zipped(word__document_xml=b"<x/>", picture=noise), "a.docx") == media.DOCX
