"""Splits passages into the units that can be quoted: sentences, list steps, table rows.

The rules are our own and few: they know abbreviations, decimals, ordinals and units of
English and German manuals. Spans point into the text that was given, so a unit can be
quoted literally.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from providers.chat_model.reading.flat_tables import flat_rows, is_row_of_values
from providers.chat_model.reading.quantities import is_unit


class UnitKind(StrEnum):
    """What a unit is."""

    SENTENCE = "sentence"
    STEP = "step"
    ROW = "row"
    HEADER = "header"
    HEADING = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Characters [start, end) of a text; `header` is the header row of a table's row.

    `block` numbers the paragraphs, lists and tables of the text: steps of one list share it.
    """

    kind: UnitKind
    start: int
    end: int
    text: str
    block: int
    header: str = ""


_ABBREVIATIONS = frozenset(
    "abb approx art bspw bzw ca cf ch chap co corp dgl dr e.g eg etc evtl fig ggf gem hr i.d.r i.e "
    "ie inc incl inkl kap lt ltd max min mind mr mrs ms nr no nos o.ä p pos pp prof sec s sog st "
    "std str tab tel u.a usw u.u v.a vgl vol vs z z.b zzgl z.t d.h".split()
)
_END = re.compile(r"[.!?…]+[\"'”“»)\]]*(?=\s|$)|[.!?](?=[A-ZÄÖÜ][a-zäöü])")
_STEP = re.compile(r"^\s*(?:[-*•–▪●]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
_INLINE_STEP = re.compile(r"(?<=[.:;!?])\s+(?P<number>\d{1,2})[.)]\s+(?=[A-ZÄÖÜ])")
_ROW = re.compile(r"^\s*\|.*\|\s*$")
_RULE = re.compile(r"^\s*\|(?:\s*:?-+:?\s*\|)+\s*$")
_HEADING = re.compile(r"^\s*#{1,6}\s+")
_STARTS_ANEW = re.compile(
    rf"{_ROW.pattern}|{_STEP.pattern}|{_HEADING.pattern}|^\s*[A-Z]{{1,3}}[ -]?\d{{1,4}}\b"
)
FULL_LINE = 0.8
"""Share of the longest line that a wrapped line has at least."""
SHORTEST_FULL = 40
_LAST_WORD = re.compile(r"([^\s(\[]+)$")
_MEASURED = re.compile(r"\d[ \u00a0]?[^\W\d_]$")
_VALUE_AT_END = re.compile(r"\d[ \u00a0]?(?P<unit>[^\s\d]{1,6})\s*$")
_ORDINAL = re.compile(r"^\d{1,2}$")
_MONTHS = (
    "januar februar märz april mai juni juli august september oktober november dezember".split()
)


def units(text: str) -> list[Unit]:
    """Split a text into its quotable units, in order."""
    found: list[Unit] = []
    header = ""
    block = 0
    in_table = False
    spans = _paragraphs(text)
    headers = flat_rows([text[start:end] for start, end in spans])
    for index, (start, end) in enumerate(spans):
        line = text[start:end]
        if _ROW.match(line):
            if not in_table:
                block, header, in_table = block + 1, line.strip(), True
            elif not _RULE.match(line):
                found.append(_unit(UnitKind.ROW, text, (start, end), block, header))
            continue
        in_table = False
        block += _opens_block(text, start, line, found)
        if _HEADING.match(line):
            found.append(_unit(UnitKind.HEADING, text, (start, end), block))
            continue
        if index in headers:
            kind = UnitKind.HEADER if line.strip() == headers[index] else UnitKind.ROW
            above = headers[index] if kind is UnitKind.ROW else ""
            found.append(_unit(kind, text, (start, end), block, above))
            continue
        found += _of_paragraph(text, start, end, block)
    return found


def split(text: str) -> list[str]:
    """Return the texts of the units, in order."""
    return [unit.text for unit in units(text)]


def cells(row: str) -> list[str]:
    """Return the cells of a table's row (`| a | b |`)."""
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def sentence_ends(text: str) -> list[int]:
    """Return the offsets just behind each sentence of a running text, but not its end."""
    return [
        match.end()
        for match in _END.finditer(text)
        if _is_end(text, match) and match.end() < len(text)
    ]


def _opens_block(text: str, start: int, line: str, found: list[Unit]) -> int:
    """Tell (0 or 1) whether a line begins another block than the one before it."""
    if not found:
        return 1
    gap = text[found[-1].end : start]
    both_steps = bool(_STEP.match(line)) and found[-1].kind is UnitKind.STEP
    return 0 if both_steps else int(gap.count("\n") > 1 or bool(_STEP.match(line)))


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Join wrapped lines: a line break ends a unit only where the text shows that it does."""
    spans: list[tuple[int, int]] = []
    position = 0
    lines = text.splitlines(keepends=True)
    full = FULL_LINE * max((len(line) for line in lines), default=0)
    for line in lines:
        start, position = position, position + len(line)
        if not line.strip():
            continue
        if spans and _continues(text, spans[-1], (start, line), full):
            spans[-1] = (spans[-1][0], position)
        else:
            spans.append((start, position))
    return spans


def _continues(text: str, previous: tuple[int, int], line: tuple[int, str], full: float) -> bool:
    start, body = line
    above = text[previous[0] : previous[1]]
    if previous[1] != start or _STARTS_ANEW.match(body):
        return False
    last = above.rstrip("\n").rsplit("\n", 1)[-1]
    if _ROW.match(last) or _HEADING.match(last):
        return False
    if body.lstrip()[:1].islower() or last.rstrip().endswith(","):
        return True
    if body.lstrip()[:1].isalnum() and (_ends_in_value(last) or is_row_of_values(body)):
        return False
    # Before a capital letter, a wrapped line is nearly as long as the longest one and does
    # not end a sentence; a shorter one is a title, a label or a row of a table.
    return len(last) >= max(full, SHORTEST_FULL) and not last.rstrip().endswith(
        (":", ".", "!", "?")
    )


def _ends_in_value(line: str) -> bool:
    value = _VALUE_AT_END.search(line)
    return value is not None and is_unit(value["unit"].lower())


def _of_paragraph(text: str, start: int, end: int, block: int) -> list[Unit]:
    """Split one paragraph at inline steps (`1. Open … 2. Close …`), then at sentence ends."""
    body = text[start:end]
    cuts = [0, *_inline_steps(body), len(body)]
    found: list[Unit] = []
    for left, right in pairwise(cuts):
        step = _STEP.match(body[left:right])
        lead = step.end() if step else 0
        kind = UnitKind.STEP if step else UnitKind.SENTENCE
        piece = body[left:right]
        ends = [lead + offset for offset in sentence_ends(piece[lead:])]
        bounds = [0, *ends, len(piece)]
        for a, b in pairwise(bounds):
            if piece[a:b].strip():
                found.append(_unit(kind, text, (start + left + a, start + left + b), block))
    return found


def _inline_steps(body: str) -> list[int]:
    """Return where the steps of a list within a paragraph begin: 1, 2, 3 in turn."""
    leading = re.match(r"\s*(\d{1,2})[.)]\s", body)
    expected = int(leading[1]) + 1 if leading else 1
    starts = []
    for match in _INLINE_STEP.finditer(body):
        if int(match["number"]) == expected:
            starts.append(match.start("number"))
            expected += 1
    return starts


def _unit(kind: UnitKind, text: str, span: tuple[int, int], block: int, header: str = "") -> Unit:
    start, end = span
    body = text[start:end]
    start += len(body) - len(body.lstrip())
    end -= len(body) - len(body.rstrip())
    return Unit(kind=kind, start=start, end=end, text=text[start:end], block=block, header=header)


def _is_end(text: str, match: re.Match[str]) -> bool:
    """Tell whether a full stop ends a sentence rather than an abbreviation or ordinal."""
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    before = _LAST_WORD.search(text[: match.start()])
    after = text[match.end() :].lstrip()
    word = before.group(1).lower() if before else ""
    if word in _ABBREVIATIONS:
        return False
    if len(word) == 1 and word.isalpha() and not _MEASURED.search(text[: match.start()]):
        return False
    if _ORDINAL.match(word) and before and not before.start():
        return False
    if _ORDINAL.match(word) and after.split(" ")[0].lower().strip(".,") in _MONTHS:
        return False
    return not after[:1].islower()
