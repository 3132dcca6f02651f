"""The health indicator: one word in the bar, every capability behind it."""

import html
from typing import Final

from nicegui import ui

from console.dom import tag
from console.wording import HEALTH
from service.health import HealthChecker
from service.schemas import CapabilityHealth, HealthReport

PERIOD_S: Final = 30.0
"""Seconds between two checks; providers answer from memory or a short query."""


class HealthPill:
    """Shows the service's state and keeps it fresh while the page is open."""

    def __init__(self, checker: HealthChecker) -> None:
        self._checker = checker
        with tag("button", type="button", classes="pill", aria_haspopup="dialog") as self._pill:
            tag("span", classes="dot", aria_hidden="true")
            self._word = tag("span", "Checking", classes="pill-word")
            with ui.menu().classes("popover").props(':offset="[0, 8]"'):
                self._list = ui.html("", sanitize=True)
        self._pill.props["aria-label"] = "Health: checking"
        ui.timer(PERIOD_S, self.refresh)

    async def refresh(self) -> None:
        """Ask the service how it is and show it."""
        report = await self._checker.report()
        word, tone = HEALTH[report.status]
        self._word.text = word
        self._pill.classes(replace=f"pill {tone}")
        self._pill.props["aria-label"] = f"Health: {word}. Show every capability."
        self._list.content = report_html(report)


def report_html(report: HealthReport) -> str:
    """Draw a report as a list, the worst first."""
    order = ["unavailable", "degraded", "ready", "disabled"]
    parts = sorted(report.capabilities.items(), key=lambda item: order.index(item[1].status))
    rows = "".join(_capability(name, part) for name, part in parts)
    return (
        f'<div class="health"><h2>Health</h2><ul>{rows}</ul>'
        f'<p class="aside small">Cicerone {html.escape(report.version)}</p></div>'
    )


def _capability(name: str, part: CapabilityHealth) -> str:
    word, tone = HEALTH[part.status]
    about = " · ".join(filter(None, (part.plugin, part.model, part.device)))
    detail = f'<span class="detail">{html.escape(part.detail)}</span>' if part.detail else ""
    return (
        f'<li><span class="dot {tone}" aria-hidden="true"></span><span class="what">'
        f'<span class="name">{html.escape(name.replace("_", " "))}</span>'
        f'<span class="where">{html.escape(about)}</span>{detail}</span>'
        f'<span class="status {tone}">{word}</span></li>'
    )
