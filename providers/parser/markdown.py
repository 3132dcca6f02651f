"""Finds headings and tables in Markdown, and turns Markdown into the text a reader sees."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from providers.types import Heading, Span

ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
QUOTE = re.compile(r"^ {0,3}(?:> ?)+")
BLOCK_START = re.compile(r" {0,3}(?:[-*+>|]|\d+[.)])(?:\s|$)")
IMAGE = re.compile(r"!\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
LINK = re.compile(r"\[([^\]]+)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![\w*])")
CODE = re.compile(r"(`+)(.+?)\1")
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
MAX_STYLED_CHARS = 20_000
"""A longer line is data, not prose; looking for pairs of signs in it would take too long."""
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class Kind(StrEnum):
    """What a line of Markdown is."""

    TEXT = "text"
    HEADING = "heading"
    UNDERLINE = "underline"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line with its kind; `level` is above 0 for headings, `title` their plain text."""

    kind: Kind
    text: str
    level: int = 0
    title: str = ""


def mark(text: str) -> list[MarkedLine]:
    """Say of each line of Markdown what it is; code in fences is never a heading."""
    lines = text.split("\n")
    marked: list[MarkedLine] = []
    at = 0
    while at < len(lines):
        block = list(_block(lines, at))
        marked.extend(block)
        at += len(block)
    return marked


def _block(lines: list[str], at: int) -> Iterator[MarkedLine]:
    line = lines[at]
    if fence := FENCE.match(line):
        yield from _fenced(lines, at, fence.group(1))
    elif _starts_table(lines, at):
        yield from _table(lines, at)
    elif (heading := ATX.match(QUOTE.sub("", line))) and heading.group(2):
        title = plain(heading.group(2))
        yield MarkedLine(Kind.HEADING, line, len(heading.group(1)), title)
    elif _is_underlined(lines, at):
        yield MarkedLine(Kind.HEADING, line, 1 if "=" in lines[at + 1] else 2, plain(line.strip()))
        yield MarkedLine(Kind.UNDERLINE, lines[at + 1])
    else:
        yield MarkedLine(Kind.TEXT, line)


def _fenced(lines: list[str], at: int, fence: str) -> Iterator[MarkedLine]:
    yield MarkedLine(Kind.CODE, lines[at])
    for line in lines[at + 1 :]:
        yield MarkedLine(Kind.CODE, line)
        if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            return


def _starts_table(lines: list[str], at: int) -> bool:
    if "|" not in lines[at] or at + 1 >= len(lines):
        return False
    rule = lines[at + 1]
    return "|" in rule and TABLE_RULE.match(rule) is not None


def _table(lines: list[str], at: int) -> Iterator[MarkedLine]:
    for line in lines[at:]:
        if "|" not in line:
            return
        yield MarkedLine(Kind.TABLE, line)


def _is_underlined(lines: list[str], at: int) -> bool:
    line = lines[at]
    if not line.strip() or at + 1 >= len(lines) or not SETEXT.match(lines[at + 1]):
        return False
    opens_paragraph = at == 0 or not lines[at - 1].strip()
    return opens_paragraph and not BLOCK_START.match(line) and not line.startswith(("    ", "\t"))


def plain(line: str) -> str:
    """Return what a reader sees of a line: no emphasis, links, tags or escapes."""
    if len(line) > MAX_STYLED_CHARS:
        return line.strip()
    line = IMAGE.sub(r"\1", line)
    line = LINK.sub(r"\1", line)
    line = CODE.sub(r"\2", line)
    line = STRONG.sub(r"\2", line)
    line = EMPHASIS.sub(r"\1", line)
    line = TAG.sub("", line)
    return ESCAPE.sub(r"\1", line).strip()


def structure(marked: list[MarkedLine]) -> tuple[list[Heading], list[Span]]:
    """Return the headings and the table spans of lines that are joined with LF."""
    headings: list[Heading] = []
    tables: list[Span] = []
    offset = 0
    for line in marked:
        end = offset + len(line.text)
        if line.kind is Kind.HEADING and line.title:
            headings.append(Heading(level=line.level, title=line.title, start=offset))
        elif line.kind is Kind.TABLE and tables and tables[-1].end == offset - 1:
            tables[-1] = Span(start=tables[-1].start, end=end)
        elif line.kind is Kind.TABLE:
            tables.append(Span(start=offset, end=end))
        offset = end + 1
    return headings, tables


def unmarked(marked: list[MarkedLine]) -> list[MarkedLine]:
    """Take the Markdown signs out of lines; tables keep their bars, code its characters."""
    seen: list[MarkedLine] = []
    for line in marked:
        if line.kind is Kind.HEADING:
            seen.append(MarkedLine(Kind.HEADING, line.title, line.level, line.title))
        elif line.kind is Kind.TABLE:
            seen.append(MarkedLine(Kind.TABLE, _plain_row(line.text)))
        elif line.kind is Kind.TEXT:
            seen.append(MarkedLine(Kind.TEXT, _plain_text(line.text)))
        elif line.kind is Kind.CODE and not FENCE.match(line.text):
            seen.append(line)
    return seen


def _plain_row(line: str) -> str:
    return line if TABLE_RULE.match(line) else plain(line.replace("\\|", "/"))


def _plain_text(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return indent + plain(QUOTE.sub("", line))
