"""Draws the files that are on their way into the library, as HTML."""

import html
from collections.abc import Sequence

from console.arrivals import Arrival, weight


def arrivals_html(arrivals: Sequence[Arrival]) -> str:
    """Draw a list with a bar for each file that is still on its way."""
    if not arrivals:
        return ""
    rows = "".join(_row(arrival) for arrival in arrivals)
    return f'<ul class="arrivals" aria-label="Files being added">{rows}</ul>'


def _row(arrival: Arrival) -> str:
    name = html.escape(arrival.source)
    under = " · ".join(filter(None, (weight(arrival), arrival.detail)))
    bar = (
        ""
        if arrival.ended
        else f'<progress value="{arrival.share:.2f}" max="1" aria-label="{name}"></progress>'
    )
    return (
        f'<li class="{arrival.tone}" data-source="{name}"><span class="what">'
        f'<span class="name">{name}</span><span class="under">{html.escape(under)}</span></span>'
        f'<span class="status {arrival.tone}">{html.escape(arrival.state)}</span>{bar}</li>'
    )
