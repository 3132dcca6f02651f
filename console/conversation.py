"""One conversation: sends questions, draws what comes back, opens sources."""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Final

from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments

from console.answer_view import answer_html
from console.choice import Choice, preferred
from console.composer import Composer
from console.dom import button, icon, tag
from console.exchange import Exchange
from console.frame import Place
from console.identity import Visitor
from console.past import PastConversations
from console.problems import FAILURES, problem_of
from console.recall import exchanges_of
from console.samples import questions_for
from console.source_panel import SourcePanel
from console.votes import Votes
from service.container import Container
from service.conversation_schemas import ConversationFull
from service.correlation import start_trace
from service.schemas import AskRequest

_ON_SOURCE: Final = """(event) => {
    const marker = event.target.closest("[data-marker]")?.dataset.marker;
    if (marker) emit(Number(marker));
}"""


def new_conversation_id() -> str:
    """Choose an id under which the service keeps a conversation."""
    return uuid.uuid4().hex


class Conversation:
    """The chat of one open page."""

    def __init__(
        self,
        container: Callable[[], Container],
        visitor: Visitor,
        place: Place,
        collections: list[str],
    ) -> None:
        self._container = container
        self._visitor = visitor
        self._conversation_id = new_conversation_id()
        self._begun = False
        self._votes: dict[int, Votes] = {}
        self._run: asyncio.Task[None] | None = None
        self._panel = SourcePanel(container, visitor, place.workspace)
        place.main.classes("chat")
        self._past = PastConversations(
            container, visitor, place, on_open=self.open, on_delete=self._deleted
        )
        self._toolbar(collections)
        self._thread = tag("div", classes="thread", tabindex="0", aria_label="Conversation")
        self._spoken = tag("p", classes="sr-only", role="status", aria_live="polite")
        with tag("div", classes="foot"):
            self._composer = Composer(self.ask, self.stop)
        self._welcome()
        ui.context.client.on_delete(self.stop)

    def _toolbar(self, collections: list[str]) -> None:
        self._library_is_empty = not collections
        default = self._container().settings.query.default_collection
        names = collections or [default]
        with tag("div", classes="toolbar"):
            self._past.switch()
            self._collection = Choice(
                "Collection",
                {name: name for name in names},
                value=preferred(names, default),
                on_change=lambda _: self.begin(),
            )
            new = button("New conversation", glyph="add_comment", classes="ghost")
        new.props["aria-label"] = "New conversation"  # on a phone only the glyph is seen
        new.on("click", self.begin)

    def _welcome(self) -> None:
        with self._thread, tag("section", classes="welcome"):
            tag("h1", "What would you like to know?")
            tag(
                "p",
                "Each sentence of an answer is checked against the documents, and its number "
                "leads to the page it comes from.",
                classes="aside",
            )
            if self._library_is_empty:
                _invite_documents()
            self._examples()

    def _examples(self) -> None:
        examples = questions_for(self._collection.value)
        if not examples:
            return
        with tag("ul", classes="examples", aria_label="Examples"):
            for question in examples:
                with tag("li"):
                    example = tag("button", type="button", classes="example")
                with example:
                    tag("span", question)
                    icon("north_east")
                example.on("click", lambda question=question: self.ask(question))

    async def show_past(self) -> None:
        """Fill the list of earlier conversations."""
        await self._past.refresh(self._conversation_id)

    async def begin(self) -> None:
        """Begin a new conversation; the one before stays in the list."""
        self.restart()
        await self.show_past()

    async def open(self, found: ConversationFull) -> None:
        """Show a conversation that was kept, to be carried on."""
        self.restart()
        self._conversation_id = found.conversation_id
        self._begun = True
        self._thread.clear()
        with self._thread:
            for exchange in exchanges_of(found):
                self._turn(exchange)
        self._thread.client.run_javascript("cicerone.follow()")

    def _deleted(self, conversation_id: str) -> None:
        if conversation_id == self._conversation_id:
            self.restart()

    def restart(self) -> None:
        """Stop what is going on and begin a new conversation."""
        self.stop()
        self._conversation_id = new_conversation_id()
        self._begun = False
        self._panel.close()
        self._votes.clear()
        self._thread.clear()
        self._welcome()
        self._composer.focus()

    async def ask(self, question: str) -> None:
        """Ask a question, unless an answer is still being written."""
        if self._run is not None:
            return
        if not self._begun:
            self._begun = True
            self._thread.clear()
        exchange = Exchange(question)
        # The button of an example is gone by now: everything below belongs to the thread.
        with self._thread:
            self._begin(exchange)

    def _begin(self, exchange: Exchange) -> None:
        view = self._turn(exchange)
        self._composer.busy(running=True)
        ui.run_javascript("cicerone.follow()")
        self._run = background_tasks.create(
            self._answer(exchange, view), name="console answer", context=self._thread
        )

    def _turn(self, exchange: Exchange) -> ui.html:
        with tag("article", classes="turn"):
            tag("h2", exchange.question, classes="question")
            view = ui.html(answer_html(exchange)).classes("answer")
            votes = Votes(self._container, self._visitor, exchange)
        self._votes[id(exchange)] = votes
        votes.show()
        view.on(
            "click",
            lambda event: self._open(exchange, event),
            js_handler=_ON_SOURCE,
        )
        return view

    def stop(self) -> None:
        """Stop the run that is going on, if any; the service stops with it."""
        if self._run is not None:
            self._run.cancel()

    async def _answer(self, exchange: Exchange, view: ui.html) -> None:
        try:
            await self._stream(exchange, view)
        except asyncio.CancelledError:
            exchange.stop()
            raise
        except FAILURES as error:
            exchange.problem = problem_of(error)
        except Exception as error:
            exchange.problem = problem_of(error)
            raise
        finally:
            self._run = None
            if not view.is_deleted:
                self._draw(exchange, view)
                self._votes[id(exchange)].show()
                self._composer.busy(running=False)
        if not view.is_deleted:
            await self.show_past()

    async def _stream(self, exchange: Exchange, view: ui.html) -> None:
        request = AskRequest(
            question=exchange.question,
            collection=self._collection.value,
            conversation_id=self._conversation_id,
        )
        start_trace()
        events: Any = self._container().answering.ask(await self._visitor.principal(), request)
        async with aclosing(events):
            async for event in events:
                exchange.apply(event)
                self._draw(exchange, view)

    def _draw(self, exchange: Exchange, view: ui.html) -> None:
        view.content = answer_html(exchange)
        if self._spoken.text != exchange.summary:
            self._spoken.text = exchange.summary

    async def _open(self, exchange: Exchange, event: GenericEventArguments) -> None:
        citation = exchange.citations.get(int(event.args))
        if citation is not None:
            await self._panel.show(citation)
            await self._votes[id(exchange)].opened(citation)


def _invite_documents() -> None:
    with tag("div", classes="notice"):
        icon("note_add")
        with tag("div"):
            tag("strong", "The library is empty")
            with tag("p"):
                tag("a", "Add documents", href="library")
                tag("span", " first; then ask about them here.")
