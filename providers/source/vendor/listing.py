"""Pages through a vendor's list, in each style that vendors have."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx

from providers.errors import ProviderError
from providers.source.vendor.access import read_json
from providers.source.vendor.options import ByCursor, ByLink, ByOffset, ByPage, Listing


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list: its JSON, and where its `Link` header says that the next one is."""

    content: object
    link: str | None = None


Get = Callable[[str], Awaitable[ListPage]]
"""Fetches one page of the list."""


def at(value: object, path: str) -> object:
    """Return what lies at a dotted path (`data.items`, `links.0.href`); None when nothing does."""
    for key in path.removeprefix("$").strip(".").split(".") if path.strip("$.") else ():
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


async def read_page(response: httpx.Response) -> ListPage:
    """Read one page of a list."""
    link = response.links.get("next", {}).get("url")
    target = str(response.request.url.join(link)) if link else None
    return ListPage(await read_json(response), target)


async def items_of(listing: Listing, base_url: str, get: Get) -> AsyncIterator[object]:
    """Yield the items of every page.

    Raises:
        ProviderError: there is no list where it should be, or its pages never end.
    """
    url: str | None = _first(listing, base_url)
    seen: set[str] = set()
    for number in range(listing.max_pages):
        if url is None:
            return
        if url in seen:
            raise ProviderError(f"the list comes back to {url}; check source.options.listing")
        seen.add(url)
        page = await get(url)
        items = at(page.content, listing.items)
        if not isinstance(items, list):
            raise ProviderError(
                f"source.options.listing.items: there is no list at {listing.items!r} of {url}"
            )
        for item in items:
            yield item
        url = _next(listing, url, page, number, len(items))
    if url is not None:
        raise ProviderError(
            f"the list has more than {listing.max_pages} pages; raise listing.max_pages if it is "
            "that long"
        )


def _first(listing: Listing, base_url: str) -> str:
    url = httpx.URL(f"{base_url.rstrip('/')}/{listing.path.lstrip('/')}")
    params = dict(listing.query)
    style = listing.pagination
    if isinstance(style, ByPage):
        params[style.param] = str(style.first)
        if style.size_param and style.size:
            params[style.size_param] = str(style.size)
    elif isinstance(style, ByOffset):
        params |= {style.param: "0", style.limit_param: str(style.limit)}
    return str(url.copy_merge_params(params)) if params else str(url)


def _next(listing: Listing, url: str, page: ListPage, number: int, count: int) -> str | None:
    """Return where the next page is; None after the last."""
    style = listing.pagination
    match style:
        case ByPage():
            ends = count == 0 or (style.size is not None and count < style.size)
            return None if ends else _with(url, style.param, str(style.first + number + 1))
        case ByOffset():
            offset = str((number + 1) * style.limit)
            return None if count < style.limit else _with(url, style.param, offset)
        case ByCursor():
            cursor = at(page.content, style.next)
            return _with(url, style.param, str(cursor)) if cursor else None
        case ByLink():
            return page.link
        case None:
            return None


def _with(url: str, param: str, value: str) -> str:
    return str(httpx.URL(url).copy_set_param(param, value))
