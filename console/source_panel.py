"""The panel that shows a citation where it stands in its document."""

from collections.abc import Callable

from nicegui import ui

from console.documents_view import original_path
from console.dom import Tag, button, icon, tag
from console.identity import Visitor
from console.panel import Panel
from console.problems import FAILURES, problem_of
from console.source_view import page_html, passage_html, quote_html
from console.wording import place
from providers.parser.page_image import PageImage
from service.container import Container
from service.schemas import Citation


class SourcePanel:
    """Shows one citation at a time."""

    def __init__(
        self, container: Callable[[], Container], visitor: Visitor, workspace: Tag
    ) -> None:
        self._container = container
        self._visitor = visitor
        self._panel = Panel(workspace, "Source")
        self._shown: Citation | None = None

    def close(self) -> None:
        """Hide the panel."""
        self._panel.close()

    async def show(self, citation: Citation) -> None:
        """Open a citation: its page when its document has pages, its passage otherwise."""
        self._shown = citation
        self._panel.show(citation.source, place(citation.page, citation.heading_path))
        with self._panel.body:
            tag("div", classes="sheet loading", role="status", aria_label="Loading the page")
        try:
            if citation.page is None:
                await self._show_passage(citation)
            else:
                await self._show_page(citation, citation.page)
        except FAILURES as error:
            self._refuse(citation, error)

    async def _show_page(self, citation: Citation, page: int) -> None:
        quote = citation.quote if page == citation.page else ""
        image = await self._container().library.page_image(
            await self._visitor.principal(),
            citation.document_id,
            page,
            quote,
            version=citation.version,
        )
        if self._shown is not citation:
            return
        self._panel.body.clear()
        with self._panel.body:
            ui.html(page_html(image, source=citation.source)).classes("page")
            if quote:
                ui.html(quote_html(quote, marked=bool(image.boxes)))
        self._feet(citation, image)
        self._panel.run_javascript("cicerone.showMark()")

    async def _show_passage(self, citation: Citation) -> None:
        text = await self._container().library.passage(
            await self._visitor.principal(), citation.chunk_id
        )
        if self._shown is not citation:
            return
        self._panel.body.clear()
        with self._panel.body:
            ui.html(passage_html(text, citation.quote))
        self._feet(citation, None)
        self._panel.run_javascript("cicerone.showMark()")

    def _feet(self, citation: Citation, image: PageImage | None) -> None:
        self._panel.foot.clear()
        with self._panel.foot:
            if image is not None:
                self._turning(citation, image)
            page = image.page if image else None
            with tag(
                "a",
                classes="button",
                href=original_path(citation.document_id, version=citation.version, page=page),
                target="_blank",
                rel="noopener",
            ):
                icon("open_in_new")
                tag("span", "Open original" if page is None else f"Open original at page {page}")

    def _turning(self, citation: Citation, image: PageImage) -> None:
        with tag("div", classes="turning", role="group", aria_label="Pages"):
            self._turn(citation, image.page - 1, image.pages, "Previous page", "chevron_left")
            tag("span", f"{image.page} / {image.pages}", classes="figure")
            self._turn(citation, image.page + 1, image.pages, "Next page", "chevron_right")

    def _turn(self, citation: Citation, page: int, pages: int, label: str, glyph: str) -> None:
        made = button(label, glyph=glyph, classes="ghost small", quiet_label=True)
        if not 1 <= page <= pages:
            made.props["disabled"] = True
            return

        async def turn() -> None:
            try:
                await self._show_page(citation, page)
            except FAILURES as error:
                self._refuse(citation, error)

        made.on("click", turn)

    def _refuse(self, citation: Citation, error: BaseException) -> None:
        if self._shown is not citation:
            return
        problem = problem_of(error)
        self._panel.body.clear()
        with self._panel.body:
            with tag("div", classes="notice bad", role="alert"):
                icon("error")
                with tag("div"):
                    tag("strong", problem.title)
                    tag("p", problem.detail)
            ui.html(quote_html(citation.quote, marked=True))
