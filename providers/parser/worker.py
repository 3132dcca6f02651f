"""The parser's worker process: reads requests from stdin, writes documents to stdout.

It is a process of its own so that a file that crashes a native library, eats memory or
never ends takes the worker with it and not the service. Run as
`python -m providers.parser.worker <memory limit in bytes>`.
"""

import os
import resource
import struct
import sys
from typing import BinaryIO

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser.reading import Limits, read
from providers.parser.recognition import Recognition
from providers.types import ParsedDocument

LENGTH = struct.Struct(">Q")
"""Each frame is its length in bytes (unsigned, 64 bit, big endian), then the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseRequest:
    """What to parse; the file's bytes follow in the next frame."""

    filename: str
    media_type: str
    parser: str
    limits: Limits
    recognition: Recognition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseReply:
    """A document, or why there is none."""

    document: ParsedDocument | None = None
    reason: QuarantineReason | None = None
    message: str = ""


REQUEST = TypeAdapter(ParseRequest)
REPLY = TypeAdapter(ParseReply)


def read_frame(stream: BinaryIO) -> bytes:
    """Read one frame.

    Raises:
        EOFError: the other side closed the stream.
    """
    length = LENGTH.unpack(_exactly(stream, LENGTH.size))[0]
    return _exactly(stream, length)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Write one frame and flush."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until the service closes the pipe."""
    while True:
        try:
            request = REQUEST.validate_json(read_frame(requests))
            data = read_frame(requests)
        except EOFError:
            return
        write_frame(replies, REPLY.dump_json(_reply(request, data)))


def _reply(request: ParseRequest, data: bytes) -> ParseReply:
    try:
        document = read(
            data,
            filename=request.filename,
            media_type=request.media_type,
            parser=request.parser,
            limits=request.limits,
            recognition=request.recognition,
        )
    except UnreadableDocumentError as error:
        return ParseReply(reason=error.reason, message=str(error))
    except MemoryError:
        return ParseReply(
            reason=QuarantineReason.TOO_LARGE, message="The file needs too much memory to read."
        )
    except (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, OSError) as error:
        return ParseReply(
            reason=QuarantineReason.CORRUPT,
            message=f"The file cannot be read: {type(error).__name__}.",
        )
    return ParseReply(document=document)


def main() -> None:
    """Limit this process's memory and serve; stray prints of libraries go to stderr."""
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
