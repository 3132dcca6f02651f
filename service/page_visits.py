"""Looks at single pages of a web source, under its rules."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from providers.source.crawling.urls import normalise, root_of, within

WEB_PLUGINS: Final = frozenset({"web", "browser"})


def visiting(options: Mapping[str, Any], only: Sequence[str] | None) -> Mapping[str, Any]:
    """Return the options with which a web source looks at these pages and nowhere else."""
    if only is None:
        return options
    return {
        **options,
        "allow_prefixes": list(prefixes_of(options)),
        "start": list(only),
        "sitemaps": [],
        "sitemaps_from_robots": False,
        "follow_links": False,
    }


def covered(options: Mapping[str, Any], url: str) -> str | None:
    """Return the one spelling of an address if a web source takes it, else None."""
    spelled = normalise(url)
    if spelled is None or not within(spelled, prefixes_of(options)):
        return None
    return spelled


def prefixes_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return below which addresses a web source takes pages."""
    given: Sequence[str] = options.get("allow_prefixes") or [
        root_of(address) for key in ("start", "sitemaps") for address in options.get(key, ())
    ]
    return tuple(prefix for prefix in map(normalise, given) if prefix is not None)
