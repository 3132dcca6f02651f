"""A web site of many pages on this machine, with rules, tags and traps; it counts its bytes."""

import gzip
import hashlib
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Answer = Callable[["Handler"], None]


@dataclass
class Served:
    """A server under test: what it answers, and what it saw."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    otherwise: Answer | None = None
    hits: Counter[str] = field(default_factory=Counter)
    headers: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    moments: list[float] = field(default_factory=list)
    sent: int = 0

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str, body: str = "", **headers: str) -> None:
        """Answer `path` with an HTML page."""
        self.answers[path] = lambda handler: handler.reply(200, _html(body), headers)

    def text(self, path: str, body: str, status: int = 200, **headers: str) -> None:
        """Answer `path` with plain text."""
        given = {"Content-Type": "text/plain", **headers}
        self.answers[path] = lambda handler: handler.reply(status, body.encode(), given)

    def forget(self) -> None:
        """Begin to count anew."""
        self.hits.clear()
        self.headers.clear()
        self.moments.clear()
        self.sent = 0


class Handler(BaseHTTPRequestHandler):
    """Answers from the site, and counts every byte that it sends."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    served: Served

    def do_GET(self) -> None:
        path = self.path
        self.served.hits[path] += 1
        self.served.headers.setdefault(path, []).append(dict(self.headers.items()))
        self.served.moments.append(time.monotonic())
        answer = self.served.answers.get(path) or self.served.answers.get(urlsplit(path).path)
        answer = answer or self.served.otherwise
        if answer is None:
            self.reply(404, b"nothing here", {"Content-Type": "text/plain"})
        else:
            answer(self)

    do_HEAD = do_GET
    do_POST = do_GET

    def body(self) -> bytes:
        """Read the request's body."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        """Send a whole response; underscores in names of headers stand for hyphens."""
        self.send_response(status)
        given = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if status == 304:
            del given["Content-Length"], given["Content-Type"]
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        if status != 304 and self.command != "HEAD":
            self.write(body)

    def write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.served.sent += len(data)

    def flush_headers(self) -> None:
        self.served.sent += len(b"".join(getattr(self, "_headers_buffer", [])))
        super().flush_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def serving(host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """Serve until the block ends."""
    handler = type("BoundHandler", (Handler,), {})
    server = _Server((host, 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    served = Served(server.server_address[1])
    handler.served = served  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Site:
    """A generated site: `pages` are what a crawl may take, by path."""

    served: Served
    pages: dict[str, bytes]
    modified: dict[str, str]

    @property
    def start(self) -> str:
        return f"{self.served.root}/index.html"

    @property
    def sitemap(self) -> str:
        return f"{self.served.root}/sitemap.xml"

    def edit(self, path: str, body: str) -> None:
        """Change one page."""
        self.pages[path] = _html(body)
        self.modified[path] = formatdate(usegmt=True)

    def answer(self, handler: Handler) -> None:
        """Answer for a generated page: with tag and date, and 304 when the client has it."""
        path = urlsplit(handler.path).path
        body = self.pages.get(path)
        if body is None:
            handler.reply(404, b"nothing here")
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Last-Modified": self.modified[path]}
        asked = handler.headers.get("If-None-Match")
        if asked == etag:
            handler.reply(304, b"", headers)
        else:
            handler.reply(200, body, headers)


ROBOTS = """User-agent: *
Disallow: /private/
Allow: /private/open.html

User-agent: Cicerone
Disallow: /private/
Disallow: /*.bak$
Allow: /private/open.html
"""


def build_site(served: Served, count: int, *, page_bytes: int = 8000) -> Site:
    """Make a site of `count` good pages, with forbidden ones and traps between them."""
    site = Site(served, {}, {})
    for number in range(count):
        path = "/index.html" if number == 0 else f"/{_section(number)}/page-{number}.html"
        links = [_path(child) for child in range(number * 4 + 1, number * 4 + 5) if child < count]
        site.edit(path, _words(number, page_bytes) + _links([*links, *_traps(number, served)]))
    served.otherwise = site.answer
    served.text("/robots.txt", ROBOTS)
    _forbidden(served)
    listed = "".join(f"<url><loc>{served.root}{path}</loc></url>" for path in site.pages)
    urls = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
    packed = gzip.compress(urls.encode())
    served.answers["/pages.xml.gz"] = lambda handler: handler.reply(
        200, packed, {"Content-Type": "application/gzip"}
    )
    index = f"<sitemapindex><sitemap><loc>{served.root}/pages.xml.gz</loc></sitemap></sitemapindex>"
    served.text("/sitemap.xml", index)
    return site


def _path(number: int) -> str:
    return f"/{_section(number)}/page-{number}.html"


def _section(number: int) -> str:
    return ("manuals", "guides", "parts", "notes")[number % 4]


def _traps(number: int, served: Served) -> list[str]:
    """Return the links of a page that lead nowhere good."""
    if number >= 10:
        return [f"/index.html?sessionid={number}", "#top", f"/index.html?utm_source=p{number}"]
    return [
        f"/private/secret-{number}.html",
        f"/notes/draft-{number}.bak",
        f"/closed/noai-{number}.html",
        f"/closed/noindex-{number}.html",
        "/calendar/2026/1",
        "/deep/again/again",
        "https://elsewhere.example/",
        "mailto:someone@elsewhere.example",
        "/moved",
        "/circle/1",
        "/missing.html",
        f"{served.root}:1/port.html".replace(f":{served.port}:1", ":1"),
    ]


def _forbidden(served: Served) -> None:
    for number in range(10):
        served.page(f"/closed/noindex-{number}.html", "no", X_Robots_Tag="noindex")
        served.page(f"/closed/noai-{number}.html", '<meta name="robots" content="noai">')
    for number in range(1, 1000):
        served.page(f"/calendar/2026/{number}", f'<a href="/calendar/2026/{number + 1}">next</a>')
    nested = "/deep"
    for _ in range(30):
        nested += "/again"
        served.page(nested, f'<a href="{nested}/again">again</a>')
    redirects = {
        "/moved": "/manuals/page-4.html",
        "/circle/1": "/circle/2",
        "/circle/2": "/circle/1",
    }
    for path, target in redirects.items():
        served.text(path, "", 302, Location=target)


def _html(body: str) -> bytes:
    return (
        f"<!doctype html><html><head><title>Page</title></head><body>{body}</body></html>".encode()
    )


def _words(number: int, size: int) -> str:
    words = hashlib.sha256(str(number).encode()).hexdigest()
    paragraph = f"<p>Page {number} tells about {words}.</p>"
    return paragraph * (size // len(paragraph))


def _links(paths: list[str]) -> str:
    return "".join(f'<a href="{path}">{path}</a>' for path in paths)
