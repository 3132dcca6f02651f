"""Looks into ZIP and OLE files: what they are, and whether unpacking them is safe."""

import io
import zipfile
import zlib

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BLOCK = 1 << 16
"""Bytes inflated at a time when the real size of an archive is counted."""
MAX_MEMBERS = 10_000
"""Most files an office document may hold."""
FAIR_RATIO = 2
"""Packed pictures hardly shrink: a large file may always unpack to this many times its size."""
OOXML_PARTS = {
    "word/document.xml": media.DOCX,
    "ppt/presentation.xml": media.PPTX,
    "xl/workbook.xml": media.XLSX,
    "xl/workbook.bin": media.XLSX,
}
OLE_STREAMS = (
    ("EncryptedPackage", None),
    ("__properties_version1.0", media.MSG),
    ("WordDocument", media.DOC),
    ("PowerPoint Document", media.PPT),
    ("Workbook", media.XLS),
    ("Book", media.XLS),
)
"""Names of directory entries, most telling first; an encrypted OOXML file is an OLE file."""


def zip_type(data: bytes, *, max_expanded_bytes: int) -> str | None:
    """Say what a ZIP file is, after making sure that it may be unpacked.

    Raises:
        UnreadableDocumentError: too large when unpacked, encrypted, or broken.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_bombs(archive, max(max_expanded_bytes, FAIR_RATIO * len(data)))
            return _type_of(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise UnreadableDocumentError(
            QuarantineReason.CORRUPT, f"The file is a damaged ZIP container: {error}."
        ) from error


def _refuse_bombs(archive: zipfile.ZipFile, limit: int) -> None:
    members = archive.infolist()
    declared = sum(member.file_size for member in members)
    if declared > limit or len(members) > MAX_MEMBERS:
        raise _too_large(limit)
    if any(member.flag_bits & 0x1 for member in members):
        raise UnreadableDocumentError(
            QuarantineReason.ENCRYPTED, "The file is protected by a password."
        )
    left = limit
    for member in members:
        left -= _inflated_size(archive, member, left)
        if left < 0:
            raise _too_large(limit)


def _inflated_size(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> int:
    size = 0
    with archive.open(member) as stream:
        while block := stream.read(BLOCK):
            size += len(block)
            if size > limit:
                break
    return size


def _too_large(limit: int) -> UnreadableDocumentError:
    return UnreadableDocumentError(
        QuarantineReason.TOO_LARGE,
        f"The file would unpack to more than {limit / 1e6:.0f} MB; that is more than is allowed.",
    )


def _type_of(archive: zipfile.ZipFile) -> str | None:
    names = set(archive.namelist())
    for part, media_type in OOXML_PARTS.items():
        if part in names:
            return media_type
    if "mimetype" in names:
        return archive.read("mimetype")[:200].decode("ascii", errors="replace").strip()
    return None


def ole_type(data: bytes) -> str | None:
    """Say what an OLE file is.

    Raises:
        UnreadableDocumentError: it is an office document protected by a password.
    """
    for name, media_type in OLE_STREAMS:
        if name.encode("utf-16-le") in data:
            if media_type is None:
                raise UnreadableDocumentError(
                    QuarantineReason.ENCRYPTED, "The file is protected by a password."
                )
            return media_type
    return None
