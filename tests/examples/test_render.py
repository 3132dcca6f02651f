from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from examples.manual import Manual, all_manuals, read_manual
from examples.render import COMPANY, render, render_manuals

MANUALS = all_manuals()


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_a_manual_has_between_6_and_30_pages(manual: Manual, manuals: dict[str, Path]) -> None:
    assert 6 <= len(PdfDocument(manuals[manual.filename])) <= 30


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_a_manual_says_between_2500_and_6000_words(manual: Manual) -> None:
    assert 2500 <= len(manual.body.split()) <= 6000


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_the_outline_names_every_heading_on_its_page(
    manual: Manual, manuals: dict[str, Path]
) -> None:
    headings = [
        (line.index(" ") - 2, line.lstrip("# ").strip())
        for line in manual.body.splitlines()
        if line.startswith("##")
    ]
    document = PdfDocument(manuals[manual.filename])
    outline = list(document.get_toc())

    assert [(entry.level, entry.get_title()) for entry in outline] == headings
    for entry in outline:
        page = entry.get_dest().get_index()
        text = " ".join(document[page].get_textpage().get_text_range().split())
        assert entry.get_title() in text


@pytest.mark.parametrize("manual", MANUALS, ids=lambda manual: manual.name)
def test_every_character_survives(manual: Manual, manuals: dict[str, Path]) -> None:
    document = PdfDocument(manuals[manual.filename])
    read = {c for page in document for c in page.get_textpage().get_text_range()}

    assert {c for c in manual.body if not c.isascii()} <= read


def test_the_contents_give_the_pages_of_the_chapters(manuals: dict[str, Path]) -> None:
    document = PdfDocument(manuals["calder-combi-oven.pdf"])
    contents = document[1].get_textpage().get_text_range()
    chapters = [entry for entry in document.get_toc() if entry.level == 0]

    assert len(chapters) == 12
    for chapter in chapters:
        line = next(x for x in contents.splitlines() if x.startswith(chapter.get_title()))
        assert int(line.split()[-1]) == chapter.get_dest().get_index() + 1


def test_every_page_but_the_cover_carries_its_number_and_the_company(
    manuals: dict[str, Path],
) -> None:
    document = PdfDocument(manuals["plano-induction-hob.pdf"])
    for number, page in enumerate(document, 1):
        text = page.get_textpage().get_text_range()
        assert COMPANY in text
        assert number == 1 or str(number) in text.split()


def test_a_table_that_breaks_repeats_its_header(tmp_path: Path) -> None:
    rows = "\n".join(f"| {i} | value {i} |" for i in range(90))
    source = Path(tmp_path / "long.md")
    head = "title: T\nsubtitle: S\nmodels: M\nnumber: N\nedition: E\nlanguage: en\naccent: #123456"
    source.write_text(f"---\n{head}\n---\n\n## Long\n\n| Key | Reading |\n|---|---|\n{rows}\n")

    document = PdfDocument(render(read_manual(source)))
    texts = [page.get_textpage().get_text_range() for page in document]
    assert len([text for text in texts if "Reading" in text]) == len(texts) - 2 > 1


def test_rendering_twice_gives_the_same_bytes(manuals: dict[str, Path], tmp_path: Path) -> None:
    again = render_manuals(tmp_path)

    assert {file.name: file.read_bytes() for file in again} == {
        name: file.read_bytes() for name, file in manuals.items()
    }
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(manuals)


def test_a_head_without_a_field_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "bad.md"
    source.write_text("---\ntitle: T\n---\n\n## A\n")

    with pytest.raises(ValueError, match=r"bad\.md.*subtitle"):
        read_manual(source)


def test_markdown_that_cannot_be_set_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "code.md"
    head = "title: T\nsubtitle: S\nmodels: M\nnumber: N\nedition: E\nlanguage: en\naccent: #123456"
    source.write_text(f"---\n{head}\n---\n\n```\ncode\n```\n")

    with pytest.raises(ValueError, match="fence"):
        render(read_manual(source))
