"""Names of uploaded files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.filenames import FALLBACK, MAX_BYTES, MAX_PATH_BYTES, clean_filename, clean_source


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("manual.pdf", "manual.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\plan.docx", "plan.docx"),
        ("a\x00b.pdf", "ab.pdf"),
        ("invoice_\u202efdp.exe", "invoice_fdp.exe"),
        ("\ufeffBetriebsanleitung Übersicht.pdf", "Betriebsanleitung Übersicht.pdf"),
        ("  a \r\n b.txt ", "a b.txt"),
        ("..", FALLBACK),
        ("", FALLBACK),
        ("folder/", FALLBACK),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
    ],
)
def test_keeps_what_is_a_name(given_name: str, expected: str) -> None:
    assert clean_filename(given_name) == expected


def test_shortens_the_stem_and_keeps_the_suffix() -> None:
    name = clean_filename("ü" * 300 + ".pdf")
    assert name.endswith("ü.pdf")
    assert len(name.encode()) <= MAX_BYTES


@given(st.text(max_size=400))
def test_is_never_a_path_and_stays_as_it_is_when_cleaned_again(text: str) -> None:
    name = clean_filename(text)
    assert name
    assert len(name.encode()) <= MAX_BYTES
    assert not set("/\\\0\r\n\u202e") & set(name)
    assert name not in (".", "..")
    assert clean_filename(name) == name


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("manual.pdf", "manual.pdf"),
        ("kitchen/ovens/manual.pdf", "kitchen/ovens/manual.pdf"),
        ("./kitchen//manual.pdf", "kitchen/manual.pdf"),
        ("kitchen\\manual.pdf", "kitchen/manual.pdf"),
        ("../../etc/passwd", "passwd"),
        ("kitchen/ .. /manual.pdf", "manual.pdf"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\ana\\plan.docx", "plan.docx"),
        ("kit\x00chen/\u202egpj.pdf", "kitchen/gpj.pdf"),
        ("/".join(["folder"] * 200) + "/manual.pdf", "manual.pdf"),
        ("", FALLBACK),
        ("/", FALLBACK),
    ],
)
def test_a_source_keeps_its_folders(given_name: str, expected: str) -> None:
    assert clean_source(given_name) == expected


@given(st.text(max_size=1200))
def test_a_source_never_leads_out_of_its_folder(text: str) -> None:
    name = clean_source(text)
    assert name
    assert len(name.encode()) <= MAX_PATH_BYTES
    assert not name.startswith("/")
    assert not {"", ".", ".."} & set(name.split("/"))
    assert clean_source(name) == name


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("manuals/boiler.pdf", "manuals/boiler.pdf"),
        ("manuals\\boiler.pdf", "manuals/boiler.pdf"),
        ("./a//b.md", "a/b.md"),
        ("/etc/passwd", "passwd"),
        ("\\\\server\\share\\a.md", "a.md"),
        ("C:/a/b.md", "b.md"),
        ("a/../b.md", "b.md"),
        ("a/ .. /b.md", "b.md"),
        ("a/..\u200b/b.md", f"a/{FALLBACK}/b.md"),
        ("", FALLBACK),
    ],
)
def test_a_source_keeps_the_folders_below_its_root(given_name: str, expected: str) -> None:
    assert clean_source(given_name) == expected


@given(st.text("./\\ab: \0\u200b\u202e", max_size=60))
def test_a_source_never_leaves_its_folder(text: str) -> None:
    source = clean_source(text)
    assert source
    assert len(source.encode()) <= MAX_PATH_BYTES
    assert not set("\\\0\u202e") & set(source)
    assert not source.startswith("/")
    assert not {"", ".", ".."} & set(source.split("/"))
