"""Walking a site: what is taken, what is left out and why, and what a second walk costs."""

import os
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from providers.errors import ProviderError
from providers.registry import SOURCE, load
from providers.source.types import (
    Failed,
    Fetched,
    Skipped,
    SkipReason,
    Unchanged,
    UnchangedBy,
    Validators,
)
from tests.providers.source.crawls import Known, crawl, only, outcomes, remember, web
from tests.providers.source.site import Served, build_site

PAGES = int(os.environ.get("SITE_PAGES", "60"))


async def test_a_whole_site_by_links(served: Served, tmp_path: Path) -> None:
    """Set SITE_PAGES=500 for the size of a real site, and `-s` to see the numbers."""
    site = build_site(served, PAGES)
    source = web(served, "/index.html", max_depth=8)
    known: Known = {}
    first = await crawl(source, tmp_path, known)
    sent, requests = served.sent, served.hits.total()
    assert outcomes(first) == {
        "Fetched": PAGES
        + 9,  # a calendar without end is left after eight clicks, another trap after one
        "Gone": 1,
        "robots": 20,
        "noai": 10,
        "noindex": 10,
        "outside": 2,
        "duplicate_url": 1,
        "redirect_limit": 1,
        "trap": 1,
        "depth": 1,
    }
    taken = {urlsplit(one.uri).path for one in first if isinstance(one, Fetched)}
    assert taken >= set(site.pages)
    assert not [path for path in served.hits if path.startswith("/private/")]
    assert max(served.hits.values()) == 1  # no page twice
    remember(known, first)
    assert len({one.uri for one in first}) == len(first)

    served.forget()
    second = await crawl(source, tmp_path, known)
    assert outcomes(second)["Unchanged"] == len(known)
    assert served.sent <= sent * 0.1
    print(f"\n{PAGES} pages: {requests} requests, {sent} bytes; {dict(outcomes(first))}")  # noqa: T201
    print(f"again: {served.hits.total()} requests, {served.sent} bytes")  # noqa: T201


async def test_a_changed_page_of_a_known_site_shows_its_new_links(
    served: Served, tmp_path: Path
) -> None:
    site = build_site(served, 20)
    source, known = web(served, "/index.html", max_depth=8), dict[str, Validators]()
    remember(known, await crawl(source, tmp_path, known))
    site.edit("/parts/page-6.html", '<a href="/parts/new.html">new</a>')
    site.edit("/parts/new.html", "Something new")
    arrivals = await crawl(source, tmp_path, known)
    brought = {urlsplit(one.uri).path for one in arrivals if isinstance(one, Fetched)}
    assert brought == {"/parts/page-6.html", "/parts/new.html"}


async def test_a_site_by_its_sitemaps(served: Served, tmp_path: Path) -> None:
    site = build_site(served, 20)
    source = web(served, sitemaps=[site.sitemap], follow_links=False)
    arrivals = await crawl(source, tmp_path)
    assert outcomes(arrivals) == {"Fetched": 20}
    assert {urlsplit(one.uri).path for one in arrivals} == set(site.pages)


async def test_the_sitemaps_that_robots_names(served: Served, tmp_path: Path) -> None:
    site = build_site(served, 5)
    served.text("/robots.txt", f"Sitemap: {site.sitemap}")
    source = web(served, "/index.html", sitemaps_from_robots=True, follow_links=False)
    assert outcomes(await crawl(source, tmp_path)) == {"Fetched": 5}


@pytest.mark.parametrize(
    "text",
    [
        "<urlset><url><loc>http://",
        '<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>',
        "<" + "x" * 100,
    ],
)
async def test_a_broken_sitemap_is_said_so(served: Served, tmp_path: Path, text: str) -> None:
    served.text("/sitemap.xml", text)
    arrival = await only(web(served, sitemaps=[f"{served.root}/sitemap.xml"]), tmp_path)
    assert isinstance(arrival, Failed)
    assert "no sitemap" in arrival.message
    assert list_of(tmp_path) == []


async def test_a_missing_sitemap_does_not_hide_what_is_known(
    served: Served, tmp_path: Path
) -> None:
    served.page("/a", "x", ETag='"1"')
    known = {f"{served.root}/a": Validators(etag='"1"', sha256="0" * 64)}
    arrivals = await crawl(web(served, sitemaps=[f"{served.root}/s.xml"]), tmp_path, known)
    assert outcomes(arrivals) == {"Failed": 1, "Unchanged": 1}


@pytest.mark.parametrize("status", [404, 401, 403])
async def test_a_host_without_rules_allows_all(served: Served, tmp_path: Path, status: int) -> None:
    served.text("/robots.txt", "User-agent: *\nDisallow: /", status)
    served.page("/a")
    assert isinstance(await only(web(served, "/a"), tmp_path), Fetched)


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_host_that_cannot_say_its_rules_is_left_for_now(
    served: Served, tmp_path: Path, status: int
) -> None:
    served.text("/robots.txt", "", status)
    served.page("/a")
    arrivals = await crawl(web(served, "/a", "/b"), tmp_path)
    assert outcomes(arrivals) == {"Failed": 2}
    assert all(isinstance(one, Failed) and one.transient for one in arrivals)
    assert served.hits == {"/robots.txt": 1}


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: Cicerone\nDisallow: /a", False),
        ("User-agent: cicerone\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: OtherBot\nDisallow: /", True),
        ("User-agent: *\nDisallow:", True),
        ("<html>not rules at all</html>", True),
        ("User-agent: *\nDisallow: /" + "\n# " + "x" * 600_000, False),
    ],
)
async def test_rules_for_us(served: Served, tmp_path: Path, rules: str, allowed: bool) -> None:
    served.text("/robots.txt", rules)
    served.page("/a")
    arrival = await only(web(served, "/a"), tmp_path)
    if allowed:
        assert isinstance(arrival, Fetched)
    else:
        assert isinstance(arrival, Skipped)
        assert arrival.reason is SkipReason.ROBOTS and arrival.reason.withdraws
        assert served.hits["/a"] == 0


async def test_rules_hold_where_a_redirect_leads(served: Served, tmp_path: Path) -> None:
    served.text("/robots.txt", "User-agent: *\nDisallow: /closed")
    served.text("/a", "", 302, Location="/closed")
    arrival = await only(web(served, "/a"), tmp_path)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.ROBOTS
    assert served.hits["/closed"] == 0


async def test_the_delay_between_requests(served: Served, tmp_path: Path) -> None:
    served.text("/robots.txt", "User-agent: *\nCrawl-delay: 0.2\nAllow: /")
    for path in ("/a", "/b", "/c"):
        served.page(path)
    await crawl(web(served, "/a", "/b", "/c"), tmp_path)
    gaps = [after - before for before, after in pairwise(served.moments[1:])]
    assert len(gaps) == 2
    assert all(gap >= 0.19 for gap in gaps)


async def test_the_sender_says_who_it_is(served: Served, tmp_path: Path) -> None:
    served.page("/a", Set_Cookie="id=1")
    served.page("/b")
    await crawl(web(served, "/a", "/b", contact="https://example.org/crawler"), tmp_path)
    for path in ("/robots.txt", "/a", "/b"):
        assert served.headers[path][0]["User-Agent"] == "Cicerone (+https://example.org/crawler)"
        assert "Cookie" not in served.headers[path][0]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"X_Robots_Tag": "noai"}, SkipReason.NOAI),
        ({"X_Robots_Tag": "index, NoAI"}, SkipReason.NOAI),
        ({"X_Robots_Tag": "none"}, SkipReason.NOINDEX),
        ({"X_Robots_Tag": "cicerone: noindex"}, SkipReason.NOINDEX),
        ({"X_Robots_Tag": "otherbot: noindex, noai"}, None),
        ({"X_Robots_Tag": "otherbot: noindex, cicerone: noai"}, SkipReason.NOAI),
        (
            {"X_Robots_Tag": "unavailable_after: 25 Jun 2010 15:00:00 PST, noindex"},
            SkipReason.NOINDEX,
        ),
        ({"X_Robots_Tag": "noimageai"}, None),
        ({"X_Robots_Tag": "noimageai", "Content_Type": "image/png"}, SkipReason.NOAI),
        ({"TDM_Reservation": "1"}, SkipReason.NOAI),
        ({"TDM_Reservation": "0"}, None),
    ],
)
async def test_the_owner_says_so_in_a_header(
    served: Served, tmp_path: Path, headers: Mapping[str, str], reason: SkipReason | None
) -> None:
    served.page("/a", "x" * 100_000, **headers)
    arrival = await only(web(served, "/a", media_types=["*/*"]), tmp_path)
    found = arrival.reason if isinstance(arrival, Skipped) else None
    assert found is reason


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ('<meta name="robots" content="noai">', SkipReason.NOAI),
        ('<META NAME="Robots" CONTENT="NOINDEX,FOLLOW">', SkipReason.NOINDEX),
        ('<meta name="cicerone" content="none">', SkipReason.NOINDEX),
        ('<meta name="otherbot" content="noindex">', None),
        ('<meta name="tdm-reservation" content="1">', SkipReason.NOAI),
        ('<!-- <meta name="robots" content="noindex"> -->', None),
    ],
)
async def test_the_owner_says_so_in_a_tag(
    served: Served, tmp_path: Path, tag: str, reason: SkipReason | None
) -> None:
    served.page("/a", tag)
    arrival = await only(web(served, "/a"), tmp_path)
    found = arrival.reason if isinstance(arrival, Skipped) else None
    assert found is reason
    assert len(list_of(tmp_path)) == (reason is None)


@pytest.mark.parametrize(
    ("page", "followed"),
    [
        ('<meta name="robots" content="noindex"><a href="/b">b</a>', True),
        ('<meta name="robots" content="nofollow"><a href="/b">b</a>', False),
        ('<meta name="robots" content="noai"><a href="/b">b</a>', False),
        ('<a href="/b" rel="nofollow noopener">b</a>', False),
        ('<base href="/x/"><a href="../b">b</a>', True),
    ],
)
async def test_links_are_followed_where_that_is_wanted(
    served: Served, tmp_path: Path, page: str, followed: bool
) -> None:
    served.page("/a", page)
    served.page("/b")
    await crawl(web(served, "/a"), tmp_path)
    assert served.hits["/b"] == followed


async def test_what_is_withdrawn_later_is_said_so(served: Served, tmp_path: Path) -> None:
    served.page("/a", ETag='"1"')
    source, known = web(served, "/a"), dict[str, Validators]()
    remember(known, await crawl(source, tmp_path, known))
    served.text("/a", "", 304, ETag='"1"', X_Robots_Tag="noai")
    arrival = await only(source, tmp_path, known)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.NOAI and arrival.reason.withdraws


async def test_dates_are_asked_for_where_there_are_no_tags(served: Served, tmp_path: Path) -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    served.page("/a", Last_Modified=date)
    source, known = web(served, "/a"), dict[str, Validators]()
    arrivals = await crawl(source, tmp_path, known)
    assert isinstance(arrivals[0], Fetched)
    assert str(arrivals[0].modified_at) == "2015-10-21 07:28:00+00:00"
    remember(known, arrivals)
    served.text("/a", "", 304)
    arrival = await only(source, tmp_path, known)
    assert isinstance(arrival, Unchanged)
    assert arrival.by is UnchangedBy.LAST_MODIFIED
    assert served.headers["/a"][-1]["If-Modified-Since"] == date


async def test_the_limits_of_a_crawl(served: Served, tmp_path: Path) -> None:
    build_site(served, 30)
    few = await crawl(web(served, "/index.html", max_pages=5), tmp_path)
    assert outcomes(few)["limit"] > 0
    assert served.hits.total() <= 6 + 1  # a redirect counts as one page
    near = await crawl(web(served, "/index.html", max_depth=1), tmp_path)
    reasons = {one.uri: one.reason for one in near if isinstance(one, Skipped)}
    assert reasons[f"{served.root}/guides/page-5.html"] is SkipReason.DEPTH
    alike = await crawl(web(served, "/index.html", max_pages_per_pattern=3, max_depth=50), tmp_path)
    calendar = [one for one in alike if isinstance(one, Fetched) and "/calendar/" in one.uri]
    assert len(calendar) == 3


async def test_known_pages_do_not_make_room_for_more_of_a_trap(
    served: Served, tmp_path: Path
) -> None:
    build_site(served, 1)
    source = web(served, "/index.html", max_pages_per_pattern=3, max_depth=50)
    known: Known = {}
    for _ in range(3):
        remember(known, await crawl(source, tmp_path, known))
    assert len([uri for uri in known if "/calendar/" in uri]) == 3


async def test_prefixes_and_patterns(served: Served, tmp_path: Path) -> None:
    served.page(
        "/docs/",
        "".join(f'<a href="{p}">x</a>' for p in ("a.html", "b.old.html", "/c", "in/d.html")),
    )
    for path in ("/docs/a.html", "/docs/b.old.html", "/c", "/docs/in/d.html"):
        served.page(path)
    source = web(
        served,
        "/docs/",
        allow_prefixes=[f"{served.root}/docs/"],
        include=["docs/*.html"],
        exclude=["*.old.html"],
    )
    arrivals = await crawl(source, tmp_path)
    brought = [urlsplit(one.uri).path for one in arrivals if isinstance(one, Fetched)]
    assert brought == ["/docs/a.html"]
    assert outcomes(arrivals) == {"Fetched": 1, "outside": 4}
    assert (served.hits["/c"], served.hits["/docs/b.old.html"]) == (0, 0)


async def test_what_include_leaves_out_now_is_said_so(served: Served, tmp_path: Path) -> None:
    served.page("/a", ETag='"1"')
    known: Known = {}
    remember(known, await crawl(web(served, "/a"), tmp_path, known))
    served.text("/a", "", 304, ETag='"1"')
    arrival = await only(web(served, "/a", include=["*.pdf"]), tmp_path, known)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.OUTSIDE


async def test_types_that_are_no_documents_cost_no_body(served: Served, tmp_path: Path) -> None:
    served.page("/a", "x" * 5_000_000, Content_Type="video/mp4")
    arrival = await only(web(served, "/a"), tmp_path)
    assert isinstance(arrival, Skipped)
    assert arrival.reason is SkipReason.WRONG_TYPE


async def test_names_and_what_a_page_says_of_itself(served: Served, tmp_path: Path) -> None:
    served.page("/a%20b", '<link rel="license" href="/cc">')
    served.text("/get", "text", Content_Disposition='attachment; filename="../../Handbuch.txt"')
    page, file = await crawl(web(served, "/a%20b", "/get?id=1"), tmp_path)
    assert isinstance(page, Fetched) and isinstance(file, Fetched)
    assert (page.name, page.media_type) == ("127.0.0.1/a b.html", "text/html")
    assert page.licence == f"{served.root}/cc"
    assert page.attributes == {"depth": "0", "title": "Page"}
    assert file.name == "127.0.0.1/_.._Handbuch.txt"


async def test_two_addresses_of_one_page(served: Served, tmp_path: Path) -> None:
    served.text("/old", "", 301, Location="/new?utm_source=x")
    served.page("/new", '<a href="/new">itself</a>', ETag='"1"')
    source, known = web(served, "/old"), dict[str, Validators]()
    arrivals = await crawl(source, tmp_path, known)
    assert outcomes(arrivals) == {"Fetched": 1}
    assert isinstance(arrivals[0], Fetched)
    assert arrivals[0].uri == f"{served.root}/old"
    assert arrivals[0].final_uri == f"{served.root}/new"
    assert outcomes(await crawl(web(served, "/old", "/new"), tmp_path)) == {
        "Fetched": 1,
        "duplicate_url": 1,
    }


async def test_a_crawl_takes_turns_between_hosts(served: Served, tmp_path: Path) -> None:
    for path in ("/a", "/b"):
        served.page(path)
    other = f"http://localhost:{served.port}"
    source = web(
        served,
        start=[f"{root}/{page}" for root in (served.root, other) for page in "ab"],
        allow_networks=["127.0.0.0/8", "::1/128"],
        delay_s=0.3,
    )
    arrivals = await crawl(source, tmp_path)
    assert outcomes(arrivals) == {"Fetched": 4}
    hosts = [urlsplit(one.uri).hostname for one in arrivals]
    assert hosts == ["127.0.0.1", "localhost", "127.0.0.1", "localhost"]


@pytest.mark.parametrize(
    "options",
    [{}, {"start": ["ftp://x/"]}, {"start": ["/a"]}, {"start": ["http://x/"], "proxy": "http://y"}],
)
def test_options_that_will_not_do(options: Mapping[str, object]) -> None:
    with pytest.raises(ProviderError, match=r"source\.options"):
        load(SOURCE, "web", options)


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())
