"""What a bad server does, and what becomes of it."""

import gzip
import time
from pathlib import Path

import pytest

from providers.source.types import Failed, Fetched, Gone, Skipped, SkipReason, Unchanged, Validators
from tests.providers.source.crawls import crawl, only, outcomes, remember, web
from tests.providers.source.site import Handler, Served


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_not_there_is_gone(served: Served, tmp_path: Path, status: int) -> None:
    served.text("/a", "", status)
    arrival = await only(web(served, "/a"), tmp_path)
    assert isinstance(arrival, Gone)
    assert str(status) in arrival.why


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_kept(served: Served, tmp_path: Path, status: int) -> None:
    served.text("/a", "", status, Retry_After="1")
    began = time.monotonic()

    def answer(handler: Handler) -> None:
        if served.hits["/a"] < 2:
            handler.reply(status, b"", {"Retry-After": "1"})
        else:
            handler.reply(200, b"<p>at last</p>")

    served.answers["/a"] = answer
    arrival = await only(web(served, "/a", retries=2), tmp_path)
    assert isinstance(arrival, Fetched)
    assert served.hits["/a"] == 2
    assert time.monotonic() - began >= 1


async def test_a_long_retry_after_ends_the_crawl_of_the_host(
    served: Served, tmp_path: Path
) -> None:
    served.text("/a", "", 429, Retry_After="3600")
    served.page("/b")
    arrivals = await crawl(web(served, "/a", "/b", retries=2), tmp_path)
    assert [type(arrival) for arrival in arrivals] == [Failed, Failed]
    for arrival in arrivals:
        assert isinstance(arrival, Failed)
        assert arrival.transient
        assert arrival.retry_after_s == pytest.approx(3600, abs=5)
    assert (served.hits["/a"], served.hits["/b"]) == (1, 0)


async def test_a_broken_page_is_tried_again_and_then_failed(served: Served, tmp_path: Path) -> None:
    served.text("/a", "", 500)
    arrival = await only(web(served, "/a", retries=1), tmp_path)
    assert isinstance(arrival, Failed)
    assert arrival.transient
    assert served.hits["/a"] == 2


async def test_a_refused_page_is_not_tried_again(served: Served, tmp_path: Path) -> None:
    served.text("/a", "", 403)
    arrival = await only(web(served, "/a", retries=3), tmp_path)
    assert isinstance(arrival, Failed)
    assert not arrival.transient
    assert served.hits["/a"] == 1


async def test_a_host_that_always_fails_is_given_up(served: Served, tmp_path: Path) -> None:
    served.otherwise = lambda handler: handler.reply(500, b"")
    served.text("/robots.txt", "")
    paths = [f"/{number}" for number in range(10)]
    arrivals = await crawl(web(served, *paths, give_up_after=3), tmp_path)
    assert outcomes(arrivals) == {"Failed": 10}
    assert sum(served.hits[path] for path in paths) == 3


async def test_an_endless_body_is_cut_off(served: Served, tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Connection", "close")
        handler.end_headers()
        while True:
            handler.write(b"more and more " * 4096)

    served.answers["/a"] = answer
    arrival = await only(web(served, "/a", max_mb=1), tmp_path)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.TOO_LARGE
    assert list_of(tmp_path) == []


async def test_a_body_that_trickles_is_cut_off(served: Served, tmp_path: Path) -> None:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for _ in range(1000):
            handler.write(b".")
            time.sleep(0.02)

    served.answers["/a"] = answer
    began = time.monotonic()
    arrival = await only(web(served, "/a", max_seconds=0.3), tmp_path)
    assert isinstance(arrival, Failed)
    assert arrival.transient and "0.3 s" in arrival.message
    assert time.monotonic() - began < 5
    assert list_of(tmp_path) == []


async def test_a_silent_server_is_left(served: Served, tmp_path: Path) -> None:
    served.answers["/a"] = lambda handler: time.sleep(1)
    arrival = await only(web(served, "/a", timeout_s=0.2), tmp_path)
    assert isinstance(arrival, Failed)
    assert arrival.transient


@pytest.mark.parametrize("length", ["5000", "nonsense", "-1"])
async def test_a_wrong_length_is_noticed(served: Served, tmp_path: Path, length: str) -> None:
    def answer(handler: Handler) -> None:
        handler.reply(200, b"<p>short</p>", {"Content-Length": length, "Connection": "close"})
        handler.close_connection = True

    served.answers["/a"] = answer
    arrival = await only(web(served, "/a"), tmp_path)
    assert isinstance(arrival, Failed)
    assert arrival.transient
    assert list_of(tmp_path) == []


async def test_a_length_beyond_the_bound_costs_no_body(served: Served, tmp_path: Path) -> None:
    served.page("/a", "x" * 3_000_000)
    arrival = await only(web(served, "/a", max_mb=1), tmp_path)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.TOO_LARGE


@pytest.mark.parametrize("layers", [1, 2])
async def test_a_gzip_bomb_does_not_go_off(served: Served, tmp_path: Path, layers: int) -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    headers = {"Content-Encoding": "gzip"}
    if layers == 2:
        bomb, headers = gzip.compress(bomb), {"Content-Encoding": "gzip, gzip"}
    assert len(bomb) < 300_000
    served.answers["/a"] = lambda handler: handler.reply(200, bomb, headers)
    arrival = await only(web(served, "/a", max_mb=1), tmp_path)
    if layers == 1:
        assert isinstance(arrival, Skipped)
        assert arrival.reason is SkipReason.TOO_LARGE
    else:
        assert isinstance(arrival, Failed)
        assert "was not asked for" in arrival.message
    assert list_of(tmp_path) == []


async def test_compressed_pages_are_read(served: Served, tmp_path: Path) -> None:
    page = b"<html><body>" + b"<p>much the same</p>" * 20_000 + b"</body></html>"
    headers = {"Content-Encoding": "gzip"}
    served.answers["/a"] = lambda handler: handler.reply(200, gzip.compress(page), headers)
    arrival = await only(web(served, "/a"), tmp_path)
    assert isinstance(arrival, Fetched)
    assert arrival.path.read_bytes() == page


@pytest.mark.parametrize("cut", [0.5, 0.99])
async def test_a_compressed_page_that_ends_early_fails(
    served: Served, tmp_path: Path, cut: float
) -> None:
    packed = gzip.compress(b"".join(str(number).encode() for number in range(20_000)))
    part = packed[: int(len(packed) * cut)]
    served.answers["/a"] = lambda handler: handler.reply(200, part, {"Content-Encoding": "gzip"})
    arrival = await only(web(served, "/a"), tmp_path)
    assert isinstance(arrival, Failed)
    assert arrival.transient


async def test_redirects_end(served: Served, tmp_path: Path) -> None:
    served.text("/a", "", 302, Location="/b")
    served.text("/b", "", 301, Location="/a")
    served.otherwise = lambda handler: handler.reply(302, b"", {"Location": f"{handler.path}x"})
    served.text("/robots.txt", "")
    circle = await only(web(served, "/a"), tmp_path)
    endless = await only(web(served, "/x"), tmp_path)
    for arrival in (circle, endless):
        assert isinstance(arrival, Skipped)
        assert arrival.reason is SkipReason.REDIRECT_LIMIT


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://x/", "http://[bad", "//", ""])
async def test_a_redirect_to_nowhere_is_not_followed(
    served: Served, tmp_path: Path, target: str
) -> None:
    served.text("/a", "", 302, Location=target)
    arrival = await only(web(served, "/a"), tmp_path)
    assert isinstance(arrival, Skipped | Failed)


async def test_a_page_that_changes_all_the_time_is_as_it_was_got(
    served: Served, tmp_path: Path
) -> None:
    """Tag and bytes are of one response: no HEAD before tells something else."""

    def answer(handler: Handler) -> None:
        count = served.hits["/a"]
        handler.reply(200, f"<p>state {count}</p>".encode(), {"ETag": f'"{count}"'})

    served.answers["/a"] = answer
    source, known = web(served, "/a"), dict[str, Validators]()
    for count in (1, 2, 3):
        arrival = await only(source, tmp_path, known)
        assert isinstance(arrival, Fetched)
        assert arrival.etag == f'"{count}"'
        assert arrival.path.read_text() == f"<p>state {count}</p>"
        remember(known, [arrival])
    assert served.hits["/a"] == 3


async def test_a_server_without_tags_is_compared_by_its_bytes(
    served: Served, tmp_path: Path
) -> None:
    served.page("/a", "always the same")
    source, known = web(served, "/a"), dict[str, Validators]()
    remember(known, await crawl(source, tmp_path, known))
    assert outcomes(await crawl(source, tmp_path, known)) == {"Unchanged": 1}


async def test_a_server_that_ignores_conditions_sends_no_body_in_vain(
    served: Served, tmp_path: Path
) -> None:
    served.page("/a", "x" * 5_000_000, ETag='"one"')
    source, known = web(served, "/a"), dict[str, Validators]()
    remember(known, await crawl(source, tmp_path, known))
    served.page("/a", "y" * 5_000_000, ETag='"one"')
    arrival = await only(source, tmp_path, known)
    assert isinstance(arrival, Unchanged)
    assert served.headers["/a"][1]["If-None-Match"] == '"one"'


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())
