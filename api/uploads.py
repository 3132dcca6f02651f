"""Receives multipart uploads: straight to disk in pieces, bounded, cleaned up on failure."""

import errno
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import anyio.to_thread
from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.filenames import clean_filename, clean_source
from api.problems import ProblemError
from api.strict_json import storable_text
from providers.errors import StorageFullError
from service.errors import UploadRefusedError
from service.library import Upload
from service.schemas import CollectionName

MAX_FILES = 100
"""Most files of one upload; more go in several, each a job of its own."""
_MAX_FIELD_BYTES = 1024
_TOTAL_FACTOR = 10
"""A whole upload may be this many times the limit of one file."""
_MIB = 2**20
_BUFFER_BYTES = _MIB
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FORM: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "additionalProperties": False,
                "properties": {
                    "files": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "string", "format": "binary"},
                    },
                    "collection": {
                        "type": "string",
                        "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$",
                        "default": "default",
                    },
                },
            }
        }
    },
}
"""What an upload looks like, for the OpenAPI document."""
_collection: TypeAdapter[str] = TypeAdapter(CollectionName)


@dataclass(frozen=True, slots=True)
class Received:
    """What an upload holds; whoever takes the files removes them."""

    collection: str
    uploads: list[Upload]

    async def discard(self) -> None:
        """Remove the files."""
        await _remove([upload.path for upload in self.uploads])


@dataclass(slots=True)
class _Part:
    """One part of the form; `filename` is None for a plain field."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None
    size: int = 0
    buffer: bytearray = field(default_factory=bytearray)
    file: IO[bytes] | None = None


async def receive_upload(request: Request, *, max_file_mib: int, folder: Path) -> Received:
    """Read a multipart form of `files` and `collection` from the request.

    Raises:
        ProblemError: 413 too large, 415 not multipart, 400 broken multipart.
        UploadRefusedError: no files, too many, two of one name, or an unknown field.
        StorageFullError: the disk has no room left.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise ProblemError(
            415, "not-multipart", "Not a form", "send multipart/form-data with the field 'files'"
        )
    await anyio.to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True))
    form = _Form(boundary, max_file_mib=max_file_mib, folder=folder)
    try:
        await form.read(request.stream())
        return form.result()
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await form.discard()
        if isinstance(error, FormParserError):
            raise _broken() from error
        if isinstance(error, OSError) and error.errno in _FULL:
            raise StorageFullError(f"no room is left in {folder}; free some space") from error
        raise


class _Form:
    """Collects the parts as the parser meets them; its callbacks are synchronous, disks are not."""

    def __init__(self, boundary: bytes, *, max_file_mib: int, folder: Path) -> None:
        self._max_file_mib = max_file_mib
        self._folder = folder
        self._part = _Part()
        self._header = (bytearray(), bytearray())
        self._full: list[_Part] = []
        self._fields: dict[str, str] = {}
        self._uploads: list[Upload] = []
        self._paths: list[Path] = []
        self._files = 0
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._take,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    async def read(self, stream: AsyncIterator[bytes]) -> None:
        """Parse the stream, writing files as they come."""
        seen = 0
        async for chunk in stream:
            seen += len(chunk)
            if seen > self._max_file_mib * _MIB * _TOTAL_FACTOR:
                raise _too_large("the upload", self._max_file_mib * _TOTAL_FACTOR)
            self._parser.write(chunk)
            await self._flush()
        if not self._ended:
            raise _broken()

    def result(self) -> Received:
        """Check what came.

        Raises:
            UploadRefusedError: nothing to ingest, or names that clash.
        """
        if not self._uploads:
            raise UploadRefusedError("the form holds no file; send one or more as 'files'")
        names = [upload.source for upload in self._uploads]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UploadRefusedError(
                f"two files are called {twice[0]!r}: the second would replace the first; "
                "rename one or send them apart"
            )
        try:
            collection = _collection.validate_python(self._fields.get("collection", "default"))
        except ValidationError as error:
            raise UploadRefusedError(
                "collection: use lower-case letters, digits, '-' and '_', 63 at most"
            ) from error
        return Received(collection, self._uploads)

    async def discard(self) -> None:
        """Close and remove every file."""
        for part in [self._part, *self._full]:
            if part.file is not None:
                part.file.close()
        await _remove(self._paths)

    def _begin(self) -> None:
        self._part = _Part()

    def _end_header(self) -> None:
        name, value = self._header
        self._part.headers[bytes(name).lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _open(self) -> None:
        _, options = parse_options_header(self._part.headers.get(b"content-disposition"))
        part = self._part
        part.name = options.get(b"name", b"").decode("utf-8", errors="replace")
        if b"filename" in options:
            part.filename = options[b"filename"].decode("utf-8", errors="replace")
        expected = "files" if part.filename is not None else "collection"
        if part.name != expected:
            raise UploadRefusedError(
                f"unknown field {part.name[:50]!r}: send files as 'files', "
                "and the name of the collection as 'collection'"
            )

    def _take(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        if part.filename is None and part.size > _MAX_FIELD_BYTES:
            raise UploadRefusedError(f"the field {part.name!r} is longer than a name can be")
        if part.size > self._max_file_mib * _MIB:
            shown = clean_filename(part.filename or "")
            raise _too_large(f"the file {shown!r}", self._max_file_mib)
        part.buffer += data[start:end]

    def _end_part(self) -> None:
        self._full.append(self._part)
        self._part = _Part()

    def _end(self) -> None:
        self._ended = True

    async def _flush(self) -> None:
        for part in self._full:
            await self._finish(part)
        self._full.clear()
        if self._part.filename is not None and len(self._part.buffer) >= _BUFFER_BYTES:
            await self._write(self._part)

    async def _finish(self, part: _Part) -> None:
        if part.filename is None:
            self._fields[part.name] = _text(part.buffer)
            return
        if not part.filename and not part.size:
            return  # what a browser sends for an empty file input
        self._files += 1
        if self._files > MAX_FILES:
            raise UploadRefusedError(
                f"an upload has at most {MAX_FILES} files; send the rest apart"
            )
        await self._write(part)
        if part.file is not None:
            path = Path(part.file.name)
            await anyio.to_thread.run_sync(part.file.close)
            self._uploads.append(Upload(source=clean_source(part.filename), path=path))

    async def _write(self, part: _Part) -> None:
        piece, part.buffer = bytes(part.buffer), bytearray()
        part.file = await anyio.to_thread.run_sync(self._write_now, part.file, piece)

    def _write_now(self, file: IO[bytes] | None, piece: bytes) -> IO[bytes]:
        if file is None:
            file = tempfile.NamedTemporaryFile(dir=self._folder, prefix="upload-", delete=False)
            self._paths.append(Path(file.name))
        file.write(piece)
        return file


def _text(data: bytearray) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UploadRefusedError("the field 'collection' is not UTF-8") from error
    if not storable_text(text):
        raise UploadRefusedError("the field 'collection' holds a NUL character")
    return text


def _broken() -> ProblemError:
    return ProblemError(
        400, "malformed-form", "The form is broken", "the multipart body is cut off or malformed"
    )


def _too_large(what: str, limit_mib: int) -> ProblemError:
    return ProblemError(
        413,
        "upload-too-large",
        "The upload is too large",
        f"{what} exceeds {limit_mib} MiB; split it, or raise server.max_upload_mb",
    )


async def _remove(paths: list[Path]) -> None:
    def remove() -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    await anyio.to_thread.run_sync(remove)
