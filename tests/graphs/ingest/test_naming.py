import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.ingest.naming import chunk_ids, display_name, title_of


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("manual.pdf", "manual.pdf"),
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\docs\\a.pdf", "C:/docs/a.pdf"),
        ("/abs//./a.md", "abs/a.md"),
        ("a\x00\n\u202eb.md", "ab.md"),
        ("..", "unnamed"),
    ],
)
def test_display_name(raw: str, clean: str) -> None:
    assert display_name(raw) == clean


@given(st.text(max_size=2000))
def test_display_name_is_stable_and_safe(raw: str) -> None:
    name = display_name(raw)

    assert 0 < len(name) <= 1000
    assert ".." not in name.split("/")
    assert not name.startswith("/")


def test_title_of() -> None:
    assert title_of("manuals/water_pump-v2.pdf") == "water pump v2"
    assert title_of("___") == "___"


def ids(*texts: str, document: str = "d") -> list[str]:
    return chunk_ids(
        tenant_id="t", document_id=document, parser="p", chunker="c", texts=list(texts)
    )


def test_chunk_ids_follow_the_text_and_not_the_place() -> None:
    one, two = ids("one", "two")

    assert ids("zero", "two", "one")[1:] == [two, one]
    assert ids("one", document="other") != [one]


def test_equal_texts_have_ids_of_their_own() -> None:
    assert len(set(ids("same", "same", "same"))) == 3
