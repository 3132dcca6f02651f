"""One spelling for each address, and the signs by which a trap is known."""

import re
from collections import Counter
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import httpx

MAX_LENGTH = 2000
_MAX_PARTS = 24
_MAX_REPEATS = 3
_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_TRACKING = frozenset(
    "gclid fbclid msclkid dclid yclid mc_cid mc_eid igshid _ga _gl ref_src "
    "sid sessid sessionid session_id phpsessid jsessionid aspsessionid cfid cftoken".split()
)


def normalise(href: str, base: str | None = None) -> str | None:
    """Return the one spelling of an address; None when it is none of http or https.

    Fragment, user name, default port, dot segments, parameters of sessions and campaigns are
    dropped, escapes are unified and the query is sorted.
    """
    try:
        url = httpx.URL(href.strip()) if base is None else httpx.URL(base).join(href.strip())
        host = url.raw_host.decode("ascii").rstrip(".")
    except (httpx.InvalidURL, ValueError, UnicodeError, TypeError):
        return None
    if url.scheme not in _PORTS or not host or "%" in host:
        return None
    netloc = f"[{host}]" if ":" in host else host
    if url.port not in {None, _PORTS[url.scheme]}:
        netloc += f":{url.port}"
    raw = url.raw_path.decode("ascii")
    path, _, query = raw.partition("?")
    path = _PATH_SESSION.sub("", _escapes(path)) or "/"
    written = urlunsplit((url.scheme, netloc, path, _query(query), ""))
    return written if len(written) <= MAX_LENGTH else None


def _escapes(text: str) -> str:
    """Spell what needs no escape plainly, and the rest in capitals."""

    def mend(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(mend, text)


def _query(query: str) -> str:
    """Sort the parameters and drop the noise; each is spelt as it was."""
    parameters = [parameter for parameter in _escapes(query).split("&") if parameter]
    return "&".join(sorted(p for p in parameters if not _is_noise(unquote(p.partition("=")[0]))))


def _is_noise(key: str) -> bool:
    return key.lower() in _TRACKING or key.lower().startswith("utm_")


def looks_like_a_trap(url: str) -> bool:
    """Tell whether the path repeats a part again and again, or is absurdly deep."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    repeats = Counter(parts).most_common(1)
    return len(parts) > _MAX_PARTS or bool(repeats and repeats[0][1] >= _MAX_REPEATS)


def pattern_of(url: str) -> str:
    """Return what pages of one kind share: numbers and the values of the query do not count."""
    parts = urlsplit(url)
    keys = sorted({key for key, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{parts.netloc}{_DIGITS.sub('#', parts.path)}?{'&'.join(keys)}"


def within(url: str, prefixes: tuple[str, ...]) -> bool:
    """Tell whether an address lies below a prefix; http and https count as one."""
    asked = urlsplit(url)
    return any(
        asked.netloc == prefix.netloc and asked.path.startswith(prefix.path)
        for prefix in map(urlsplit, prefixes)
    )


def root_of(url: str) -> str:
    """Return the address of the whole host."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))
