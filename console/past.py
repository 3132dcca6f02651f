"""The list of earlier conversations beside the chat: open one, rename, keep or delete it."""

from collections.abc import Awaitable, Callable
from typing import Final

from nicegui.events import GenericEventArguments

from console.dom import Tag, button, icon, tag
from console.frame import Place
from console.identity import Visitor
from console.problems import FAILURES
from providers.principal import Principal
from service.container import Container
from service.conversation_schemas import MAX_TITLE_CHARS, ConversationFull, ConversationRead

SHOWN: Final = 50
"""Most conversations in the list, those that moved last."""
_ON_KEY: Final = """(event) => {
    if (event.key === "Enter") emit(event.target.value);
    if (event.key === "Escape") emit("");
}"""

Open = Callable[[ConversationFull], Awaitable[None]]
Leave = Callable[[str], None]


class PastConversations:
    """A list at the side of the page; on small screens a button shows and hides it."""

    def __init__(
        self,
        container: Callable[[], Container],
        visitor: Visitor,
        place: Place,
        *,
        on_open: Open,
        on_delete: Leave,
    ) -> None:
        """Draw the empty list.

        Args:
            container: The services.
            visitor: Whose conversations they are.
            place: The list goes before its main part.
            on_open: Shows a conversation.
            on_delete: Is told the id of one that was deleted.
        """
        self._container = container
        self._visitor = visitor
        self._on_open = on_open
        self._on_delete = on_delete
        self._current = ""
        with place.workspace:
            self._nav = tag("nav", classes="past", aria_label="Conversations")
        self._nav.move(place.workspace, 0)
        with self._nav:
            with tag("header", classes="past-head"):
                tag("h2", "Conversations")
                hide = button(
                    "Hide the list", glyph="close", classes="ghost small", quiet_label=True
                )
            hide.on("click", lambda: self._nav.classes(remove="open"))
            self._list = tag("ul")
            self._note = tag("p", "What you ask is kept here.", classes="aside")

    def switch(self) -> None:
        """Draw the button that shows and hides the list where there is no room for it."""
        shows = button("Conversations", glyph="history", classes="ghost past-switch")
        shows.props["aria-label"] = "Conversations"  # on a phone only the glyph is seen
        shows.on("click", lambda: self._nav.classes(toggle="open"))

    async def refresh(self, current: str) -> None:
        """Read the list again and mark the conversation that the page shows."""
        self._current = current
        try:
            principal = await self._visitor.principal()
            page = await self._container().conversations.page(principal, limit=SHOWN)
        except FAILURES:  # the page itself says what is wrong when something is asked
            return
        if self._list.is_deleted:
            return
        # A key for the public is shared: its conversations are not one person's.
        self._nav.set_visibility(not principal.is_public)
        if principal.is_public:
            return
        self._list.clear()
        self._note.set_visibility(not page.conversations)
        with self._list:
            for each in page.conversations:
                self._item(each)

    def _item(self, row: ConversationRead) -> None:
        with tag("li", classes="past-item") as item:
            title = tag("button", row.title, classes="past-title", type="button", title=row.title)
            if row.conversation_id == self._current:
                title.props["aria-current"] = "true"
                self._tools(item, row)
        title.on("click", lambda: self._show(row.conversation_id))

    def _tools(self, item: Tag, row: ConversationRead) -> None:
        with tag("div", classes="past-tools"):
            rename = button("Rename", glyph="edit", classes="ghost small", quiet_label=True)
            with tag(
                "a",
                classes="button ghost small",
                href=f"conversations/{row.conversation_id}/export",
                download=True,
                aria_label="Export",
                title="Export",
            ):
                icon("download")
            delete = button("Delete", glyph="delete", classes="ghost small", quiet_label=True)
        rename.on("click", lambda: self._edit(item, row))
        delete.on("click", lambda: self._delete(item, row))

    async def _show(self, conversation_id: str) -> None:
        try:
            principal = await self._visitor.principal()
            found = await self._container().conversations.show(principal, conversation_id)
        except FAILURES:  # deleted elsewhere meanwhile
            await self.refresh(self._current)
            return
        self._nav.classes(remove="open")
        await self._on_open(found)
        await self.refresh(conversation_id)

    def _edit(self, item: Tag, row: ConversationRead) -> None:
        item.clear()
        with item:
            field = tag(
                "input",
                classes="past-field",
                value=row.title,
                aria_label="New title",
                maxlength=str(MAX_TITLE_CHARS),
            )
        field.on(
            "keydown", lambda event: self._rename(row.conversation_id, event), js_handler=_ON_KEY
        )
        field.client.run_javascript(f"document.getElementById({field.html_id!r}).select()")

    async def _rename(self, conversation_id: str, event: GenericEventArguments) -> None:
        title = str(event.args).strip()[:MAX_TITLE_CHARS]
        conversations = self._container().conversations
        if title:
            await self._try(lambda who: conversations.rename(who, conversation_id, title))
        await self.refresh(self._current)

    async def _delete(self, item: Tag, row: ConversationRead) -> None:
        conversations = self._container().conversations
        if not await self._try(lambda who: conversations.delete(who, row.conversation_id)):
            await self.refresh(self._current)
            return
        self._on_delete(row.conversation_id)
        item.clear()
        with item:
            tag("span", "Deleted", classes="past-gone")
            undo = button("Undo", classes="ghost small")
        undo.on("click", lambda: self._restore(row.conversation_id))

    async def _restore(self, conversation_id: str) -> None:
        conversations = self._container().conversations
        await self._try(lambda who: conversations.restore(who, conversation_id))
        await self._show(conversation_id)

    async def _try(self, change: Callable[[Principal], Awaitable[object]]) -> bool:
        """Change something; False when it is gone, or the key no longer holds."""
        try:
            await change(await self._visitor.principal())
        except FAILURES:
            return False
        return True
