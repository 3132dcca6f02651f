"""A page that needs a browser is read with one, which reaches nothing by itself."""

from pathlib import Path
from typing import Any

import pytest

from providers.errors import ProviderError
from providers.protocols import Source
from providers.registry import SOURCE, load
from providers.source.types import Fetched, Skipped, SkipReason, Validators
from providers.types import Status
from tests.providers.source.crawls import crawl, only, outcomes, remember
from tests.providers.source.site import Served, serving
from tests.providers.source.worlds import LOOPBACK

CHROMIUM = Path("/usr/bin/chromium")
WRITES = """<div id="text"></div><script src="/app.js"></script>"""
APP = """
fetch('/data.json').then(r => r.json()).then(data => {
  document.getElementById('text').innerHTML = data.text + '<a href="/more">more</a>';
});
"""


@pytest.fixture
def chromium() -> Path:
    if not CHROMIUM.exists():
        pytest.fail("no Chromium: apt-get install -y chromium", pytrace=False)
    return CHROMIUM


def source_of(served: Served, chromium: Path, *paths: str, **options: Any) -> Source:
    given = {
        "start": [served.root + path for path in paths],
        "allow_networks": LOOPBACK,
        "ports": [served.port],
        "delay_s": 0,
        "retries": 0,
        "executable_path": chromium,
        "sandbox": False,
        "render_seconds": 5,
    }
    return load(SOURCE, "browser", given | options)


def app(served: Served) -> None:
    served.page("/", WRITES, ETag='"shell"')
    served.text("/app.js", APP, Content_Type="text/javascript")
    served.text("/data.json", '{"text": "Written by a script"}', Content_Type="application/json")
    served.page("/more", "More of it")


@pytest.mark.system
async def test_what_scripts_write_is_read_and_followed(
    served: Served, chromium: Path, tmp_path: Path
) -> None:
    app(served)
    source, known = source_of(served, chromium, "/"), dict[str, Validators]()
    arrivals = await crawl(source, tmp_path, known)
    assert outcomes(arrivals) == {"Fetched": 2}
    assert isinstance(arrivals[0], Fetched)
    assert "Written by a script" in arrivals[0].path.read_text()
    assert arrivals[0].etag is None
    remember(known, arrivals)
    served.text("/data.json", '{"text": "Written anew"}', Content_Type="application/json")
    again = await crawl(source, tmp_path, known)
    assert [type(one).__name__ for one in again] == ["Fetched", "Unchanged"]


@pytest.mark.system
async def test_rules_hold_for_pages_and_their_parts(
    served: Served, chromium: Path, tmp_path: Path
) -> None:
    app(served)
    served.text("/robots.txt", "User-agent: *\nDisallow: /data.json\nDisallow: /secret")
    served.page("/noai", '<meta name="robots" content="noai">')
    source = source_of(served, chromium, "/", "/secret", "/noai", follow_links=False)
    arrivals = await crawl(source, tmp_path)
    assert outcomes(arrivals) == {"Fetched": 1, "robots": 1, "noai": 1}
    assert served.hits["/data.json"] == 0


@pytest.mark.system
async def test_a_page_reaches_nothing_that_is_not_public(
    served: Served, chromium: Path, tmp_path: Path
) -> None:
    with serving("127.0.0.2") as inside:
        inside.otherwise = lambda handler: handler.reply(
            200, b"secret", {"Access-Control-Allow-Origin": "*"}
        )
        target = f"127.0.0.2:{inside.port}"
        served.page(
            "/",
            f"""<p id="out">nothing</p>
            <iframe src="http://{target}/frame"></iframe>
            <img src="http://{target}/image">
            <link rel="prefetch" href="http://{target}/prefetch">
            <script src="http://{target}/script"></script>
            <script>
            const out = text => document.getElementById('out').append(text);
            fetch('http://{target}/fetch').then(r => r.text()).then(out, () => out('[refused]'));
            fetch('http://{target}/post', {{method: 'POST', body: 'x'}}).catch(() => 0);
            navigator.sendBeacon('http://{target}/beacon', 'x');
            try {{ new WebSocket('ws://{target}/socket'); }} catch (e) {{}}
            try {{ new EventSource('http://{target}/events'); }} catch (e) {{}}
            window.open('http://{target}/popup');
            setTimeout(() => {{ location.href = 'http://{target}/gone'; }}, 100);
            </script>""",
        )
        source = source_of(
            served,
            chromium,
            "/",
            allow_networks=["127.0.0.1/32"],
            ports=[served.port, inside.port],
        )
        arrival = await only(source, tmp_path)
        assert isinstance(arrival, Fetched)
        text = arrival.path.read_text()
        assert "[refused]" in text
        assert inside.hits.total() == 0


@pytest.mark.system
async def test_other_files_come_as_they_are(served: Served, chromium: Path, tmp_path: Path) -> None:
    served.text("/a.txt", "as it is", ETag='"1"')
    source, known = source_of(served, chromium, "/a.txt"), dict[str, Validators]()
    arrivals = await crawl(source, tmp_path, known)
    assert isinstance(arrivals[0], Fetched)
    assert (arrivals[0].path.read_text(), arrivals[0].etag) == ("as it is", '"1"')
    remember(known, arrivals)
    assert outcomes(await crawl(source, tmp_path, known)) == {"Unchanged": 1}


@pytest.mark.system
async def test_a_page_that_never_rests_is_taken_as_it_is(
    served: Served, chromium: Path, tmp_path: Path
) -> None:
    served.page("/", "<p>There</p><script>setInterval(() => fetch('/tick'), 50)</script>")
    arrival = await only(source_of(served, chromium, "/", render_seconds=1), tmp_path)
    assert isinstance(arrival, Fetched)
    assert "There" in arrival.path.read_text()


@pytest.mark.system
async def test_a_page_that_grows_without_end_is_left_out(
    served: Served, chromium: Path, tmp_path: Path
) -> None:
    script = "document.body.append('x'.repeat(3_000_000))"
    served.page("/", f"<script>{script}</script>")
    arrival = await only(source_of(served, chromium, "/", max_mb=1), tmp_path)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.TOO_LARGE


async def test_without_a_browser_the_way_out_is_named(served: Served, tmp_path: Path) -> None:
    source = source_of(served, tmp_path / "nothing", "/")
    assert (await source.check()).status is Status.UNAVAILABLE
    with pytest.raises(ProviderError, match="apt-get install chromium"):
        await crawl(source, tmp_path)
