"""A panel beside the page: a column on a wide screen, the whole screen on a phone."""

from console.dom import Tag, button, tag


class Panel:
    """Opens with a heading and room for content; Escape and its button close it.

    The browser puts the focus into the panel when it opens, and back where it was when it
    closes.
    """

    def __init__(self, workspace: Tag, label: str) -> None:
        with workspace:
            self._aside = tag(
                "aside",
                classes="panel",
                hidden=True,
                tabindex="-1",
                role="dialog",
                aria_label=label,
            )
        with self._aside:
            with tag("header", classes="panel-head"):
                with tag("div", classes="panel-title"):
                    self._title = tag("h2")
                    self._under = tag("p", classes="where")
                close = button("Close", glyph="close", classes="ghost", quiet_label=True)
            self.body = tag("div", classes="panel-body")
            self.foot = tag("footer", classes="panel-foot")
        close.on("click", self.close)
        self._aside.on(
            "keydown",
            self.close,
            args=[],
            js_handler="(event) => { if (event.key === 'Escape') emit(); }",
        )

    @property
    def is_open(self) -> bool:
        """Tell whether the panel is shown."""
        return "hidden" not in self._aside.props

    def show(self, title: str, under: str = "") -> None:
        """Open the panel, empty, under a heading."""
        self._title.text = title
        self._under.text = under
        self.body.clear()
        self.foot.clear()
        if not self.is_open:
            self._aside.props.pop("hidden")
            self._aside.update()
            self.run_javascript(f"cicerone.opened({self._aside.html_id!r})")

    def close(self) -> None:
        """Hide the panel."""
        if self.is_open:
            self._aside.props["hidden"] = True
            self.run_javascript("cicerone.closed()")

    def run_javascript(self, code: str) -> None:
        """Run a script in the panel's page, also when the button that asked is gone by now."""
        self._aside.client.run_javascript(code)
