"""Cuts a streamed answer into sentences as soon as each is complete."""

from providers.chat_model.reading.sentences import sentence_ends


class SentenceStream:
    """Collects pieces of text and gives back complete sentences.

    A sentence is complete when the next one has begun, because citation markers may follow
    its full stop. Each comes with the white space before it, so that the sentences
    together are the answer; a line break also ends one.
    """

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, piece: str) -> list[str]:
        """Take a piece and return the sentences that are complete now."""
        self._buffer += piece
        cut = self._cuts()
        parts = [self._buffer[a:b] for a, b in zip([0, *cut], cut, strict=False)]
        self._buffer = self._buffer[cut[-1] :] if cut else self._buffer
        return [part for part in parts if part.strip()]

    def finish(self) -> list[str]:
        """Return what is left."""
        rest, self._buffer = self._buffer, ""
        return [rest] if rest.strip() else []

    def _cuts(self) -> list[int]:
        text = self._buffer
        ends = {*sentence_ends(text), *(i for i, char in enumerate(text) if char == "\n")}
        return [end for moved in sorted(ends) if (end := _after_markers(text, moved)) is not None]


def _after_markers(text: str, end: int) -> int | None:
    """Move an end behind the markers that follow it; None while more may come."""
    position = end
    while True:
        ahead = position
        while ahead < len(text) and text[ahead] in " \t\u00a0":
            ahead += 1
        if ahead == len(text):
            return None
        if text[ahead] != "[":
            return position
        close = text.find("]", ahead)
        if close < 0:
            return None
        position = close + 1
