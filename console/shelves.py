"""The documents of the library: filters, table, details and deletion."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from console.choice import Choice
from console.documents_view import details_html, original_path, table_html
from console.dom import button, icon, tag
from console.frame import Place
from console.identity import Visitor
from console.intake import Intake
from console.panel import Panel
from console.problems import FAILURES, problem_of
from console.wording import STATUS, count
from providers.principal import Principal, Role
from service.container import Container
from service.schemas import DocumentRead, DocumentStatus

PAGE: Final = 100
"""Documents read at a time; more come with a button."""
_ALL: Final = ""
_ON_ACTION: Final = """(event) => {
    const chosen = event.target.closest("[data-action]");
    if (chosen) emit(chosen.dataset.action, chosen.dataset.id);
}"""
_ON_SEARCH: Final = "(event) => emit(event.target.value)"


class Shelves:
    """The library of one open page."""

    def __init__(
        self,
        container: Callable[[], Container],
        visitor: Visitor,
        principal: Principal,
        place: Place,
        collections: list[str],
    ) -> None:
        self._container = container
        self._visitor = visitor
        self._may_edit = principal.may(Role.EDITOR)
        self._documents: list[DocumentRead] = []
        self._total = 0
        self._words = ""
        self._panel = Panel(place.workspace, "Document")
        place.main.classes("library")
        with tag("div", classes="page-head"):
            tag("h1", "Library")
            self._count = tag("p", classes="aside")
        if self._may_edit:
            self._intake = Intake(container, visitor, collections, self.refresh)
        self._filters(collections)
        self._table = ui.html("").classes("table").on("click", self._act, js_handler=_ON_ACTION)
        self._more = button("Show more", classes="wide").on("click", self._read_more)
        self._empty = tag("div", classes="empty")

    def _filters(self, collections: Sequence[str]) -> None:
        with tag("div", classes="toolbar", role="search"):
            with tag("label", classes="search"):
                icon("search")
                field = tag(
                    "input",
                    type="search",
                    placeholder="Filter by name or title",
                    aria_label="Filter",
                )
            self._collection = Choice(
                "Collection",
                _options("All collections", {name: name for name in collections}),
                value=_ALL,
                on_change=lambda _: self.refresh(),
            )
            self._status = Choice(
                "Status",
                _options("Any status", {key.value: said for key, (said, _) in STATUS.items()}),
                value=_ALL,
                on_change=lambda _: self.refresh(),
            )
        field.on("input", self._search, js_handler=_ON_SEARCH, throttle=0.2, leading_events=False)

    async def refresh(self) -> None:
        """Read the documents again and draw them."""
        self._documents = []
        await self._read_more()
        if self._may_edit or self._documents:
            await self._offer_collections()

    async def _offer_collections(self) -> None:
        names = await self._container().library.collections(await self._visitor.principal())
        self._collection.offer(_options("All collections", {name: name for name in names}))

    async def _read_more(self) -> None:
        try:
            found = await self._container().library.documents(
                await self._visitor.principal(),
                collection=self._collection.value or None,
                status=DocumentStatus(self._status.value) if self._status.value else None,
                limit=PAGE,
                offset=len(self._documents),
            )
        except FAILURES as error:
            _tell(error)
            return
        self._documents += found.documents
        self._total = found.total
        self._draw()

    def _search(self, event: GenericEventArguments) -> None:
        self._words = str(event.args)
        self._draw()

    def _draw(self) -> None:
        shown = matching(self._documents, self._words)
        self._count.text = count(self._total, "document")
        self._table.content = table_html(shown, may_delete=self._may_edit) if shown else ""
        self._table.set_visibility(bool(shown))
        self._more.set_visibility(len(self._documents) < self._total)
        self._empty.clear()
        self._empty.set_visibility(not shown)
        if not shown:
            self._explain_empty()

    def _explain_empty(self) -> None:
        filtered = bool(self._words or self._collection.value or self._status.value)
        title = "Nothing matches" if filtered else "No documents yet"
        advice = (
            "Clear the filter, or choose another collection or status."
            if filtered
            else "Drop manuals, reports or notes above. Each is read, split and indexed; then "
            "the chat answers from it and shows the page."
        )
        if not filtered and not self._may_edit:
            advice = "Someone with the role “editor” can add documents."
        with self._empty:
            icon("search_off" if filtered else "note_add")
            tag("h2", title)
            tag("p", advice, classes="aside")

    async def _act(self, event: GenericEventArguments) -> None:
        action, identity = event.args
        document = next((d for d in self._documents if d.document_id == identity), None)
        if document is None:
            return
        if action == "details":
            self._show(document)
        elif action == "delete":
            await self._delete(document)

    def _show(self, document: DocumentRead) -> None:
        self._panel.show(document.source, document.title or "")
        with self._panel.body:
            ui.html(details_html(document))
        with self._panel.foot:
            with tag(
                "a",
                classes="button",
                href=original_path(document.document_id, version=document.version),
                target="_blank",
                rel="noopener",
            ):
                icon("open_in_new")
                tag("span", "Open original")
            if self._may_edit:
                button("Delete", glyph="delete", classes="danger").on(
                    "click", lambda: self._delete(document)
                )

    async def _delete(self, document: DocumentRead) -> None:
        if not await _confirmed(document):
            return
        try:
            await self._container().library.delete(
                await self._visitor.principal(), document.document_id
            )
        except FAILURES as error:
            _tell(error)
            return
        self._panel.close()
        ui.notify(f"{document.source} was deleted.", classes="toast", position="bottom-left")
        await self.refresh()


def matching(documents: Sequence[DocumentRead], words: str) -> list[DocumentRead]:
    """Keep the documents whose name or title holds every word, whatever its case."""
    wanted = words.casefold().split()
    return [
        document
        for document in documents
        if all(word in f"{document.source} {document.title or ''}".casefold() for word in wanted)
    ]


def _options(everything: str, values: Mapping[str, str]) -> dict[str, str]:
    return {_ALL: everything, **values}


async def _confirmed(document: DocumentRead) -> bool:
    """Ask whether a document is really to be deleted."""
    with ui.dialog() as dialog, tag("div", classes="card", role="alertdialog"):
        tag("h2", "Delete this document?")
        tag("p", f"“{document.source}” can no longer be found or cited once it is deleted.")
        with tag("div", classes="card-foot"):
            button("Keep", classes="ghost").on("click", lambda: dialog.submit(False))
            button("Delete", glyph="delete", classes="danger").on(
                "click", lambda: dialog.submit(True)
            )
    answer: Any = await dialog
    dialog.delete()
    return bool(answer)


def _tell(error: BaseException) -> None:
    problem = problem_of(error)
    ui.notify(
        problem.title,
        caption=problem.detail,
        classes="toast bad",
        position="bottom-left",
        close_button="Close",
        timeout=0,
    )
