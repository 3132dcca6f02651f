from collections.abc import Callable

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser.pdf import read_pdf

BODY = [(f"Line {n} of the body text that fills this page.", 10) for n in range(8)]
MakePdf = Callable[..., bytes]


def read(data: bytes, max_pages: int = 100):  # type: ignore[no-untyped-def]
    return read_pdf(data, parser="test", max_pages=max_pages)


def test_outline_gives_levels_pages_and_places(make_pdf: MakePdf) -> None:
    data = make_pdf(
        [
            [("1 Safety", 16), *BODY],
            [*BODY, ("Before using Setup read this.", 10), ("1.1 Setup", 14), *BODY],
        ],
        outline=[(0, "Safety", 0), (1, "Setup", 1)],
        title="Pump manual",
    )

    document = read(data)

    assert [(h.level, h.title, h.page) for h in document.headings] == [
        (1, "Safety", 1),
        (2, "Setup", 2),
    ]
    assert document.text[document.headings[1].start :].startswith("1.1 Setup\n")
    assert document.title == "Pump manual"
    assert document.page_count == 2


def test_repeated_title_is_placed_by_its_position(make_pdf: MakePdf) -> None:
    data = make_pdf(
        [[("Overview", 10), *BODY, ("2 Overview", 10), *BODY]], outline=[(0, "2 Overview", 0)]
    )

    document = read(data)

    assert document.text[document.headings[0].start :].startswith("2 Overview")


def test_outline_title_that_is_not_shown_falls_back_to_its_page(make_pdf: MakePdf) -> None:
    data = make_pdf([BODY, BODY], outline=[(0, "Never printed", 1)])

    document = read(data)

    assert document.headings[0].page == 2
    assert document.pages[1].start <= document.headings[0].start < document.pages[1].end


def test_headings_are_guessed_from_letter_size(make_pdf: MakePdf) -> None:
    data = make_pdf(
        [[("Water pump", 24), ("Parts of the", 14), ("long machine", 14), *BODY, ("Use", 14)]]
    )

    document = read(data)

    assert [(h.level, h.title) for h in document.headings] == [
        (1, "Water pump"),
        (2, "Parts of the long machine"),
        (2, "Use"),
    ]
    assert document.title == "Water pump"


def test_running_lines_and_page_numbers_are_dropped(make_pdf: MakePdf) -> None:
    pages = [
        [("Pump manual", 9), (f"Unique content {word} that is long.", 10), (f"Page {n}", 9)]
        for n, word in enumerate(["alpha", "beta", "gamma", "delta", "epsilon"], start=1)
    ]

    document = read(make_pdf(pages))

    assert "Pump manual" not in document.text
    assert "Page 3" not in document.text
    assert document.text.splitlines()[2] == "Unique content gamma that is long."


def test_numbered_headings_at_the_top_of_pages_are_no_furniture(make_pdf: MakePdf) -> None:
    document = read(make_pdf([[(f"Step {n}", 16), *BODY] for n in range(1, 6)]))

    assert [h.title for h in document.headings] == [f"Step {n}" for n in range(1, 6)]


def test_contents_list_is_dropped(make_pdf: MakePdf) -> None:
    dotted = [(f"Chapter {n} {'. ' * 20} {n}", 10) for n in range(1, 7)]

    document = read(make_pdf([[("Contents", 10), *dotted], BODY]))

    assert ". . ." not in document.text


def test_pages_cover_the_text_in_order(make_pdf: MakePdf) -> None:
    document = read(make_pdf([BODY, [], [("Last page here.", 10)]]))

    assert [p.number for p in document.pages] == [1, 2, 3]
    assert document.pages[0].start == 0
    assert document.pages[-1].end == len(document.text)
    last = document.pages[2]
    assert document.text[last.start : last.end] == "Last page here."


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data[: len(data) // 3], QuarantineReason.CORRUPT),
        (lambda data: data[:20] + bytes(range(256)) * 40, QuarantineReason.CORRUPT),
    ],
)
def test_damaged_file(
    make_pdf: MakePdf, change: Callable[[bytes], bytes], reason: QuarantineReason
) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        read(change(make_pdf([BODY])))

    assert caught.value.reason is reason


def test_password_is_needed(make_pdf: MakePdf) -> None:
    data = make_pdf([BODY], encrypt=StandardEncryption("secret", ownerPassword="owner"))

    with pytest.raises(UnreadableDocumentError) as caught:
        read(data)

    assert caught.value.reason is QuarantineReason.ENCRYPTED


def test_owner_password_alone_does_not_matter(make_pdf: MakePdf) -> None:
    data = make_pdf([BODY], encrypt=StandardEncryption("", ownerPassword="owner", canCopy=0))

    assert "Line 3 of the body" in read(data).text


def test_pages_without_text_are_a_scan(make_pdf: MakePdf) -> None:
    with pytest.raises(UnreadableDocumentError, match="scan") as caught:
        read(make_pdf([[], [("abc", 10)]]))

    assert caught.value.reason is QuarantineReason.NO_TEXT


def test_too_many_pages(make_pdf: MakePdf) -> None:
    with pytest.raises(UnreadableDocumentError, match="3 pages") as caught:
        read(make_pdf([BODY] * 3), max_pages=2)

    assert caught.value.reason is QuarantineReason.TOO_LARGE
