"""Takes spans out of texts."""

from collections.abc import Iterable, Sequence

from providers.chat_model.reading.sentences import units

MARK = "[…]"
"""Stands where something was taken out."""
FILLER = "█"
"""Stands for one character, so that offsets into the text stay right."""


def take_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Replace each span by a mark; overlapping spans become one."""
    parts: list[str] = []
    position = 0
    for start, end in joined(spans):
        parts += [text[position:start], MARK]
        position = end
    return "".join([*parts, text[position:]])


def leave_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Remove each span and the white space that it leaves double."""
    parts: list[str] = []
    position = 0
    for start, end in joined(spans):
        parts.append(text[position:start].rstrip(" "))
        position = end
    return "".join([*parts, text[position:]]).strip()


def cover(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Cover each span letter by letter; the text keeps its length."""
    letters = list(text)
    for start, end in joined(spans):
        letters[start:end] = [c if c == "\n" else FILLER for c in letters[start:end]]
    return "".join(letters)


def whole_sentences(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Widen spans to the sentences that they touch."""
    sentences = [(unit.start, unit.end) for unit in units(text)]
    touched = [
        (start, end)
        for start, end in sentences
        if any(first < end and start < max(last, first + 1) for first, last in spans)
    ]
    return joined([*touched, *spans])


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, overlapping ones joined."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
