"""What stands around every page: the bar with its navigation, and the place for a side panel."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from nicegui import ui

from console.dom import Tag, button, icon, tag
from console.health import HealthPill
from console.identity import Visitor
from service.health import HealthChecker

_PAGES: Final = (
    ("Chat", "./", "forum"),
    ("Library", "library", "folder_open"),
    ("Traces", "traces", "account_tree"),
)
_MARK: Final = (
    '<svg viewBox="0 0 32 32" class="mark-of-house" aria-hidden="true" focusable="false">'
    '<path d="M7 4h13l6 6v18H7z" fill="none" stroke="currentColor" stroke-width="2.4" '
    'stroke-linejoin="round"/><path class="ink" d="M10.5 16h11v4.600h-11z"/>'
    '<path d="M11.5 11.500h6M11.5 18.300h9M11.5 24.600h6" stroke="currentColor" '
    'stroke-width="2" stroke-linecap="round"/></svg>'
)


def brand() -> None:
    """Draw the mark and the name."""
    with tag("a", classes="brand", href="./", aria_label="Cicerone, start page"):
        ui.html(_MARK, tag="span", sanitize=False)
        tag("span", "Cicerone", classes="brand-name")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page puts its things: `main` is the page, panels go into `workspace` beside it."""

    main: Tag
    workspace: Tag


@contextmanager
def frame(active: str, visitor: Visitor, health: HealthChecker) -> Iterator[Place]:
    """Lay out a page named `active`; the block fills its main part, which Quasar marks up."""
    tag("a", "Skip to the content", classes="skip", href="#content")
    with tag("div", classes="shell"):
        _bar(active, visitor, health)
        with (
            tag("div", classes="workspace") as workspace,
            tag("div", id="content", classes="stage", tabindex="-1") as main,
        ):
            yield Place(main, workspace)


def _bar(active: str, visitor: Visitor, health: HealthChecker) -> None:
    with tag("header", classes="bar"):
        brand()
        with tag("nav", aria_label="Pages", classes="pages"):
            for name, address, glyph in _PAGES:
                with tag("a", href=address) as link:
                    icon(glyph)
                    tag("span", name)
                if name == active:
                    link.props["aria-current"] = "page"
        with tag("div", classes="bar-end"):
            HealthPill(health)
            button(
                "Switch between light and dark", glyph="contrast", classes="ghost", quiet_label=True
            ).on("click", js_handler="() => cicerone.switchTheme()")
            if visitor.door.signed_in(visitor.session):
                _sign_out(visitor)


def _sign_out(visitor: Visitor) -> None:
    def leave() -> None:
        visitor.door.sign_out(visitor.session)
        ui.navigate.to("/sign-in")

    button("Sign out", glyph="logout", classes="ghost", quiet_label=True).on("click", leave)
