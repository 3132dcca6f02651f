"""One spelling for each address, and harmless names."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.source.crawling.urls import looks_like_a_trap, normalise, pattern_of, within
from providers.source.naming import name_of_url, safe_name
from providers.source.patterns import chosen


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("HTTP://Example.ORG:80/a/../b/./c#top", "http://example.org/b/c"),
        ("https://example.org:443", "https://example.org/"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("http://user:secret@example.org/", "http://example.org/"),
        ("http://example.org./a", "http://example.org/a"),
        ("http://example.org/%7Euser/%2f%c3%a9", "http://example.org/~user/%2F%C3%A9"),
        ("http://example.org/é", "http://example.org/%C3%A9"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://example.org/?b=2&a=1&utm_source=x&PHPSESSID=9", "http://example.org/?a=1&b=2"),
        ("http://example.org/?sid=5", "http://example.org/"),
        ("http://example.org/a;jsessionid=1A2B?x=1", "http://example.org/a?x=1"),
        ("http://example.org/?q=", "http://example.org/?q="),
        ("http://example.org/?wsdl&a=%2b+1", "http://example.org/?a=%2B+1&wsdl"),
        ("http://[2606:4700::1]/a", "http://[2606:4700::1]/a"),
        ("mailto:a@b.example", None),
        ("javascript:void(0)", None),
        ("file:///etc/passwd", None),
        ("http://", None),
        ("http://[bad", None),
        ("", None),
        ("http://example.org/" + "x" * 3000, None),
    ],
)
def test_an_address_has_one_spelling(href: str, expected: str | None) -> None:
    found = normalise(href)
    assert found == expected
    if found is not None:
        assert normalise(found) == found


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("c.html", "http://example.org/a/c.html"),
        ("/c", "http://example.org/c"),
        ("?page=2", "http://example.org/a/b?page=2"),
        ("#top", "http://example.org/a/b"),
        ("//other.example/x", "http://other.example/x"),
        (" /c ", "http://example.org/c"),
    ],
)
def test_a_link_is_read_where_it_stands(href: str, expected: str) -> None:
    assert normalise(href, "http://example.org/a/b") == expected


@given(st.text(max_size=60))
def test_any_link_can_be_read(href: str) -> None:
    found = normalise(href, "http://example.org/a/b?c=d")
    assert found is None or normalise(found) == found


def test_signs_of_a_trap() -> None:
    assert looks_like_a_trap("http://x/a/b/a/b/a/b")
    assert looks_like_a_trap("http://x/" + "/".join(str(number) for number in range(30)))
    assert not looks_like_a_trap("http://x/docs/en/docs/install")
    assert pattern_of("http://x/cal/2026/11?d=1") == pattern_of("http://x/cal/2027/1?d=99")
    assert pattern_of("http://x/a?d=1") != pattern_of("http://x/a?e=1")


def test_what_lies_below_a_prefix() -> None:
    prefixes = ("https://example.org/docs/",)
    assert within("http://example.org/docs/a", prefixes)
    assert not within("https://example.org/other", prefixes)
    assert not within("https://example.org:8443/docs/", prefixes)
    assert not within("https://example.org.evil.example/docs/", prefixes)


@pytest.mark.parametrize(
    ("path", "include", "exclude", "taken"),
    [
        ("a/b.pdf", (), (), True),
        ("a/b.pdf", ("*.pdf",), (), True),
        ("a/b.pdf", ("*.txt",), (), False),
        ("a/b.pdf", ("a/*",), (), True),
        ("a/b/c.pdf", ("a/*",), (), False),
        ("a/b/c.pdf", ("a/**",), (), True),
        ("c.pdf", ("**/*.pdf",), (), True),
        ("a/b/c.pdf", ("**/c.pdf",), ("a/**",), False),
        ("a/x.pdf", ("?.pdf",), (), True),
        ("a+b.pdf", ("a+b.pdf",), (), True),
    ],
)
def test_patterns(
    path: str, include: tuple[str, ...], exclude: tuple[str, ...], taken: bool
) -> None:
    assert chosen(path, include, exclude) is taken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/abs/olute", "abs/olute"),
        ("a/./b//c", "a/b/c"),
        (".hidden/.env", "hidden/env"),
        ("C:\\temp\\x", "C__temp_x"),
        ("a\x00b\nc\u202ed", "a_b_c_d"),
        ("Übersicht – 説明.pdf", "Übersicht – 説明.pdf"),
        ("...", "document"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_harmless(text: str, expected: str) -> None:
    assert safe_name(text) == expected


@given(st.text(max_size=200))
def test_any_name_is_harmless(text: str) -> None:
    name = safe_name(text)
    path = PurePosixPath(name)
    assert name and not path.is_absolute() and not {"..", "."} & set(name.split("/"))
    assert name.isprintable() and "\\" not in name


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.org/", "example.org/index.html"),
        ("http://example.org/a/b.pdf", "example.org/a/b.pdf"),
        ("http://example.org/a?page=2", "example.org/a_page=2.html"),
        ("http://example.org/a.php?x=/../y", "example.org/a_x=_.._y.php"),
        ("http://example.org/%2e%2e/%2Fetc", "example.org/etc.html"),
    ],
)
def test_a_page_has_a_name(url: str, expected: str) -> None:
    assert name_of_url(url, suffix=".html") == expected
