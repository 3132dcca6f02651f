"""Token spans as a server of Text Embeddings Inference counts them.

It counts in bytes of UTF-8, refuses long texts, and cuts none: a text is sent in pieces that
end at white space, and the spans are moved and turned into characters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from providers.errors import ProviderError
from providers.hosted.tei import TeiServer

_PIECE = re.compile(r"(?=\S).{1,1000}(?!\S)|\S{1,1000}", re.DOTALL)
_CONTINUES = 0x80
_TOP_BITS = 0xC0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: `start` is its offset in characters."""

    start: int
    text: str


def pieces(text: str) -> list[Piece]:
    """Cut a text at white space into pieces of at most 1000 characters; a longer word is cut."""
    return [Piece(match.start(), match.group()) for match in _PIECE.finditer(text)]


async def token_spans(server: TeiServer, batch: Sequence[Piece]) -> list[tuple[int, int]]:
    """Have one batch of pieces tokenized; returns spans in the whole text.

    Raises:
        ProviderError: the reply is none, or speaks of another text (a server that puts a
            prompt before each).
    """
    body = {"inputs": [piece.text for piece in batch], "add_special_tokens": False}
    found = await server.post("/tokenize", body)
    try:
        return [
            span
            for piece, tokens in zip(batch, found, strict=True)
            for span in _in_text(piece, tokens)
        ]
    except (TypeError, KeyError, ValueError, IndexError) as error:
        raise ProviderError(
            f"{server.name} counts tokens in another text than it was sent ({error}); name a "
            "local tokenizer.json in embedder.options.tokenizer"
        ) from error


def _in_text(piece: Piece, tokens: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
    data = piece.text.encode()
    begun = _begun(data)
    spans = []
    for token in tokens:
        if token["special"] or token["start"] == token["stop"]:
            continue
        start, stop = int(token["start"]), int(token["stop"])
        if data[start:stop].decode(errors="replace") != token["text"]:
            raise ValueError(f"bytes {start} to {stop} are not {token['text']!r}")
        # A token may begin inside a character: it then starts with that character.
        first = int(begun[start + 1]) - 1
        spans.append((piece.start + first, piece.start + int(begun[stop])))
    return spans


def _begun(data: bytes) -> NDArray[np.int64]:
    """Return, for each offset in bytes, how many characters have begun before it."""
    heads = (np.frombuffer(data, dtype=np.uint8) & _TOP_BITS) != _CONTINUES
    return np.concatenate([[0], np.cumsum(heads)]).astype(np.int64)
