"""Where a question is typed: Enter sends it, Shift+Enter starts a new line."""

from collections.abc import Awaitable, Callable
from typing import Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from console.dom import button, tag
from service.schemas import MAX_QUESTION_CHARS

_ON_KEY: Final = """(event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    const text = cicerone.take(event.target);
    if (text) emit(text);
}"""
_ON_CLICK: Final = """(event) => {
    const text = cicerone.take(event.target.closest(".composer").querySelector("textarea"));
    if (text) emit(text);
}"""


class Composer:
    """A text field with one button that sends, or stops the run that is going on."""

    def __init__(self, send: Callable[[str], Awaitable[None]], stop: Callable[[], None]) -> None:
        self._send_question = send
        with tag("div", classes="composer"):
            field = tag(
                "textarea",
                rows="1",
                placeholder="Ask the documents a question",
                aria_label="Your question",
                aria_describedby="keys",
                maxlength=str(MAX_QUESTION_CHARS),
                autofocus=True,
            )
            self._send = button("Send", glyph="arrow_upward", classes="round", quiet_label=True)
            self._stop = button("Stop", glyph="stop", classes="round stop", quiet_label=True)
        tag(
            "p",
            "Enter sends, Shift+Enter starts a new line. Answers quote the documents; "
            "click a number to see the place.",
            id="keys",
            classes="hint",
        )
        field.on("keydown", self._sent, js_handler=_ON_KEY)
        field.on("input", js_handler="(event) => cicerone.fit(event.target)")
        self._send.on("click", self._sent, js_handler=_ON_CLICK)
        self._stop.on("click", stop)
        self.busy(running=False)

    def busy(self, *, running: bool) -> None:
        """Offer to stop while an answer is being written, and to send otherwise."""
        self._send.set_visibility(not running)
        self._stop.set_visibility(running)

    async def _sent(self, event: GenericEventArguments) -> None:
        await self._send_question(str(event.args))

    def focus(self) -> None:
        """Put the cursor into the field."""
        ui.run_javascript("document.querySelector('.composer textarea')?.focus()")
