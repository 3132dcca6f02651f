"""Thumbs under an answer: what its reader makes of it, and whether it was copied or opened."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from console.dom import Tag, button, tag
from console.exchange import Exchange
from console.identity import Visitor
from console.problems import FAILURES, problem_of
from data.models import SignalKind
from service.container import Container
from service.feedback.shapes import MAX_COMMENT_CHARS, FeedbackBody
from service.schemas import Citation


class Votes:
    """The row under one answer; it appears when the answer is complete."""

    def __init__(
        self, container: Callable[[], Container], visitor: Visitor, exchange: Exchange
    ) -> None:
        self._container = container
        self._visitor = visitor
        self._exchange = exchange
        self._row = tag("div", classes="votes")
        self._note: Tag | None = None

    def show(self) -> None:
        """Draw the thumbs, once there is an answer that somebody can vote on."""
        answer = self._exchange.answer
        if answer is None or not answer.trace_id or answer.refusal is not None:
            return
        self._row.clear()
        with self._row:
            self._thumb("This helped", "thumb_up", SignalKind.UP)
            self._thumb("This did not help", "thumb_down", SignalKind.DOWN)
            copy = button("Copy the answer", glyph="content_copy", quiet_label=True)
            copy.on("click", self._copied)
            self._note = tag("span", classes="aside", role="status")

    def _thumb(self, label: str, glyph: str, kind: SignalKind) -> None:
        thumb = button(label, glyph=glyph, quiet_label=True)
        thumb.props["data-vote"] = kind.value
        thumb.on("click", lambda: self._vote(kind))

    async def _vote(self, kind: SignalKind, comment: str | None = None) -> None:
        if await self._send(kind, comment=comment) and self._note is not None:
            self._note.text = "Thank you."
            if kind is SignalKind.DOWN and comment is None:
                self._ask_why()

    def _ask_why(self) -> None:
        with self._row:
            field = ui.input(placeholder="What was wrong?").props("dense borderless")
        field.props(f'maxlength={MAX_COMMENT_CHARS} aria-label="What was wrong?"')

        async def done() -> None:
            comment = str(field.value or "").strip()
            if comment:
                await self._vote(SignalKind.DOWN, comment)
                field.delete()

        field.on("keydown.enter", done)

    async def _copied(self) -> None:
        ui.clipboard.write(self._exchange.text)
        await self._send(SignalKind.COPY)
        if self._note is not None:
            self._note.text = "Copied."

    async def opened(self, citation: Citation) -> None:
        """Note that a source was opened."""
        await self._send(
            SignalKind.CLICK,
            document_id=citation.document_id,
            chunk_id=citation.chunk_id,
            rank=citation.marker,
        )

    async def _send(self, kind: SignalKind, **more: Any) -> bool:
        answer = self._exchange.answer
        if answer is None or not answer.trace_id:
            return False
        body = FeedbackBody(trace_id=answer.trace_id, kind=kind, **more)
        try:
            await self._container().signals.give(await self._visitor.principal(), body)
        except FAILURES as error:
            if self._note is not None and kind in {SignalKind.UP, SignalKind.DOWN}:
                self._note.text = problem_of(error).detail
            return False
        return True
