import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.ingest.chunking import Chunk, chunker_version, context_line, cut, indexed_text
from graphs.ingest.settings import ChunkSettings
from providers.types import Heading, PageSpan, ParsedDocument, Span

SMALL = ChunkSettings(max_tokens=32)
WORD = re.compile(r"\w+|[^\w\s]")


def tokenize(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in WORD.finditer(text)]


def parsed(text: str, **fields: object) -> ParsedDocument:
    return ParsedDocument(text=text, media_type="text/plain", parser="t", **fields)  # type: ignore[arg-type]


def chunks_of(document: ParsedDocument, settings: ChunkSettings = SMALL) -> list[Chunk]:
    return cut(document, tokenize(document.text), settings)


def sentences(count: int, words: int = 9) -> str:
    return " ".join(f"Sentence {n} " + "word " * (words - 3) + "end." for n in range(count))


def headed(*parts: tuple[int, str, str]) -> ParsedDocument:
    text, headings = "", []
    for level, title, body in parts:
        headings.append(Heading(level=level, title=title, start=len(text)))
        text += f"{title}\n{body}\n\n"
    return parsed(text, headings=tuple(headings))


def test_section_that_fits_is_one_chunk_with_its_path() -> None:
    document = headed(
        (1, "Pump", ""), (2, "Use", "Turn it on."), (3, "Care", "Wipe."), (2, "End", "x")
    )

    chunks = chunks_of(document)

    assert [(c.heading_path, c.text) for c in chunks] == [
        (("Pump",), "Pump"),
        (("Pump", "Use"), "Use\nTurn it on."),
        (("Pump", "Use", "Care"), "Care\nWipe."),
        (("Pump", "End"), "End\nx"),
    ]


def test_text_before_the_first_heading_has_no_path() -> None:
    document = parsed("Intro.\nTitle\nBody", headings=(Heading(level=1, title="Title", start=7),))

    assert [c.heading_path for c in chunks_of(document)] == [(), ("Title",)]


def test_long_section_is_cut_between_sentences_in_similar_parts() -> None:
    chunks = chunks_of(parsed(sentences(10)))

    assert all(chunk.text.endswith("end.") for chunk in chunks)
    assert all(chunk.text.startswith("Sentence") for chunk in chunks)
    assert max(c.token_count for c in chunks) - min(c.token_count for c in chunks) <= 10


def test_paragraphs_are_cut_before_sentences() -> None:
    first, second = sentences(2), sentences(2)

    assert [c.text for c in chunks_of(parsed(f"{first}\n\n{second}"))] == [first, second]


def test_text_without_any_mark_is_cut_between_tokens() -> None:
    chunks = chunks_of(parsed("word " * 100))

    assert all(c.token_count <= 32 for c in chunks)
    assert " ".join(c.text for c in chunks) == ("word " * 100).strip()


def test_overlap_repeats_whole_sentences() -> None:
    chunks = chunks_of(parsed(sentences(8)), ChunkSettings(max_tokens=32, overlap_tokens=10))

    assert len(chunks) > 2
    assert all(b.start < a.end for a, b in pairwise(chunks))
    assert all(c.text.startswith("Sentence") and c.token_count <= 32 for c in chunks)


def table(rows: int) -> str:
    lines = ["| Name | Bar |", "|---|---|", *(f"| Inlet {n} | {n} |" for n in range(rows))]
    return "\n".join(lines)


def with_table(rows: int, before: str = "", after: str = "") -> ParsedDocument:
    body = table(rows)
    text = f"{before}{body}{after}"
    return parsed(text, tables=(Span(start=len(before), end=len(before) + len(body)),))


def test_table_that_fits_stays_whole() -> None:
    document = with_table(1, before=sentences(4) + "\n\n", after="\n\n" + sentences(4))

    whole = [c for c in chunks_of(document) if table(1) in c.text]

    assert len(whole) == 1


def test_table_alone_is_of_kind_table() -> None:
    assert [c.kind for c in chunks_of(with_table(1))] == ["table"]


def test_long_table_is_cut_between_rows_and_repeats_its_header_outside_the_text() -> None:
    chunks = chunks_of(with_table(20))

    assert len(chunks) > 3
    assert chunks[0].header == ""
    assert chunks[0].text.startswith("| Name | Bar |\n|---|---|\n| Inlet 0")
    for chunk in chunks[1:]:
        assert chunk.header == "| Name | Bar |\n|---|---|"
        assert "Name" not in chunk.text
        assert all(line.endswith(" |") for line in chunk.text.splitlines())
    assert indexed_text(chunks[1], "Pump").startswith("Pump\n| Name | Bar |\n|---|---|\n| Inlet")


def test_text_after_a_long_table_does_not_carry_its_header() -> None:
    chunks = chunks_of(with_table(20, after="\n\nThe end."))

    assert chunks[-1].text == "The end."
    assert chunks[-1].header == ""


def test_pages_follow_the_text() -> None:
    text = "First page words.\nStill first.\nSecond page words."
    document = parsed(
        text,
        pages=(PageSpan(number=3, start=0, end=31), PageSpan(number=4, start=31, end=len(text))),
        headings=(Heading(level=1, title="Still first.", start=18),),
    )

    first, second = chunks_of(document)

    assert (first.page_start, first.page_end) == (3, 3)
    assert (second.page_start, second.page_end) == (3, 4)
    assert [second.text[s.start : s.end] for s in second.page_spans] == [
        "Still first.\n",
        "Second page words.",
    ]


def test_document_without_pages_has_none() -> None:
    chunk = chunks_of(parsed("text"))[0]

    assert (chunk.page_start, chunk.page_end, chunk.page_spans) == (None, None, ())


def test_context() -> None:
    assert context_line("Pump", ("Use", "Care")) == "Pump › Use › Care"
    assert context_line("", ()) == ""


def test_version_names_the_sizes() -> None:
    assert chunker_version(SMALL) != chunker_version(ChunkSettings(max_tokens=33))


WORDS = st.sampled_from(
    ["word", "Pump", "end.", "A?", "\n", "\n\n", "- item", "| a | b |", "ß", "7)"]
)


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    text = " ".join(draw(st.lists(WORDS, max_size=150)))
    starts = st.sampled_from([0, *(m.start() for m in re.finditer(r"(?<!\S)\S", text))])
    headings = tuple(
        Heading(level=draw(st.integers(1, 4)), title=f"H{at}", start=at)
        for at in sorted(draw(st.sets(starts, max_size=8)))
    )
    borders = sorted(draw(st.sets(starts, max_size=6)))
    tables = tuple(Span(start=a, end=b) for a, b in zip(borders[::2], borders[1::2], strict=False))
    breaks = [0, *sorted(draw(st.sets(starts, max_size=4)) - {0}), len(text)]
    pages = tuple(
        PageSpan(number=n, start=a, end=b) for n, (a, b) in enumerate(pairwise(breaks), start=1)
    )
    return parsed(text, headings=headings, tables=tables, pages=pages)


@given(documents(), st.integers(0, 12))
def test_chunks_of_any_document(document: ParsedDocument, overlap: int) -> None:
    settings = ChunkSettings(max_tokens=32, overlap_tokens=overlap)

    chunks = chunks_of(document, settings)

    covered = {at for chunk in chunks for at in range(chunk.start, chunk.end)}
    assert all(at in covered for at, c in enumerate(document.text) if not c.isspace())
    assert [c.ordinal for c in chunks] == list(range(len(chunks)))
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(chunks))
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text == chunk.text.strip()
        assert chunk.token_count <= settings.max_tokens
        assert chunk.token_count == len(tokenize(chunk.text))
        inside = [h for h in document.headings if chunk.start < h.start < chunk.end]
        assert not inside
        assert "".join(chunk.text[s.start : s.end] for s in chunk.page_spans) == chunk.text
    assert chunks_of(document, settings) == chunks


def test_a_table_that_ends_in_white_space_makes_no_ragged_chunk() -> None:
    text = "word " * 40
    chunks = chunks_of(parsed(text, tables=(Span(start=0, end=5),)), ChunkSettings(max_tokens=32))
    assert [chunk.text for chunk in chunks] == [chunk.text.strip() for chunk in chunks]


@pytest.mark.parametrize("text", ["", " \n\n "])
def test_blank_document_has_no_chunks(text: str) -> None:
    assert chunks_of(parsed(text)) == []
