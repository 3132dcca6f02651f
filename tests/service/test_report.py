"""The report's slowest runs, over a home in which something was really asked."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from providers.principal import local_principal
from service.container import Container, open_container
from service.correlation import start_trace
from service.library import Upload
from service.schemas import AskRequest, SearchRequest
from service.settings import Settings
from service.tracing.schemas import TraceFilter

ADMIN = local_principal()
QUESTION = "How often should I descale the <b>kettle</b>?"
HEADING = "Slowest runs, step by step"


class Steps(HTMLParser):
    """Reads the first column and the bars of the tables below the heading."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.bars: list[tuple[float, float]] = []
        self.feed(page[page.index(HEADING) :].partition("</section>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self.cells.append("")
        if tag == "rect":
            given = dict(attrs)
            self.bars.append((float(given["x"] or 0), float(given["width"] or 0)))

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data

    @property
    def names(self) -> list[str]:
        return [cell.strip("\N{NO-BREAK SPACE}") for cell in self.cells[::3]]


async def asked(container: Container, manual: Upload) -> None:
    """Ingest, ask, search, and ask on behalf of another tenant."""
    job = await container.library.submit(ADMIN, "default", [manual])
    async for _ in container.jobs.events(ADMIN, job.job_id):
        pass
    start_trace()
    await container.answering.answer(ADMIN, AskRequest(question=QUESTION))
    start_trace()
    await container.answering.search(ADMIN, SearchRequest(query="citric acid"))
    start_trace()
    other = replace(ADMIN, tenant_id="other")
    await container.answering.search(other, SearchRequest(query="somebody else's"))


async def test_the_slowest_runs_stand_with_their_steps(settings: Settings, manual: Upload) -> None:
    async with open_container(settings) as container:
        await asked(container, manual)
        page = await container.reports.draw(ADMIN)
        kept = await container.traces.page(ADMIN, TraceFilter())
        query = next(trace for trace in kept.traces if trace.name == "query")
        tree = await container.traces.tree(ADMIN, query.trace_id)
    found = Steps(page)
    runs = [name for name in found.names if name in {"query", "search", "ingest", "text_to_sql"}]
    slow = sorted((t for t in kept.traces if t.name != "ingest"), key=lambda t: -t.duration_ms)
    assert runs == [trace.name for trace in slow]
    # Every step of the answer is there, in order, and with its own time.
    steps = [span for span in tree.spans if span.kind in {"graph", "node", "generation"}]
    start = found.names.index("query")
    assert found.names[start : start + len(steps)] == [span.name for span in steps]
    times = found.cells[1::3][start : start + len(steps)]
    assert times == [f"{span.duration_ms:.1f}" for span in steps]
    # Each bar begins where its step began, and none ends behind the run.
    bars, began = found.bars[start : start + len(steps)], steps[0].started_at
    assert bars[0][0] == 0.0 and bars[0][1] > 170
    for (x, width), span in zip(bars, steps, strict=True):
        ms = (span.started_at - began).total_seconds() * 1000
        assert x == pytest.approx(180 * ms / steps[0].duration_ms, abs=2.0)
        assert width == pytest.approx(180 * span.duration_ms / steps[0].duration_ms, abs=2.0)
    assert all(x + width <= 181.5 for x, width in bars)


async def test_what_was_asked_is_text_and_nobody_elses(settings: Settings, manual: Upload) -> None:
    async with open_container(settings) as container:
        await asked(container, manual)
        page = await container.reports.draw(ADMIN)
    part = page[page.index(HEADING) :].partition("</section>")[0]
    assert "descale the &lt;b&gt;kettle" in part and "<b>kettle" not in part
    assert "somebody else" not in page
    assert not re.search(r"style=|<script|https?://", part)  # it is served without inline styles


async def test_a_home_without_traces_says_why(settings: Settings) -> None:
    off = settings.model_copy(
        update={"tracing": settings.tracing.model_copy(update={"enabled": False})}
    )
    async with open_container(off) as container:
        page = await container.reports.draw(ADMIN)
    assert "tracing.enabled" in page
    async with open_container(settings) as container:
        assert "No run was recorded" in await container.reports.draw(ADMIN)
