"""The one report: accuracy, recall, models, traces, costs and feedback in one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import structlog

from data.database import Database
from data.models import CandidateState
from data.repositories.ledger import DayCost, ModelCost
from evals.errors import DatasetError
from evals.suites import html
from evals.suites.gates import Comparison, compare
from evals.suites.plots import line
from evals.suites.results import SuiteResult, accepted_for, results_in
from providers.principal import Principal, local_principal
from service import report_traces
from service.feedback.analytics import Analytics
from service.feedback.review import Review
from service.feedback.shapes import CandidatePage, FeedbackPage, SearchAnalytics
from service.feedback.signals import Signals, require_admin
from service.tracing.errors import TraceStoreError
from service.tracing.schemas import TraceTree
from service.tracing.traces import Traces
from service.upkeep.tenants import system_principals

log = structlog.get_logger("cicerone.report")

DAYS: Final = 30
_COMMENTS: Final = 20
_RUNS: Final = 30
_RIGHT: Final = "answers.right_decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What a report is drawn from."""

    results: Sequence[SuiteResult]
    comparison: Comparison | None
    models: Sequence[ModelCost]
    spent: Sequence[DayCost]
    searches: SearchAnalytics
    votes: FeedbackPage
    pending: CandidatePage
    accepted: CandidatePage
    slowest: Sequence[TraceTree] | str
    """The slowest runs, or why nobody knows."""


class Reports:
    """Draws the report of a tenant; the clock leaves one in the home every night."""

    def __init__(
        self,
        database: Database,
        home: Path,
        *,
        analytics: Analytics,
        signals: Signals,
        review: Review,
        traces: Traces,
    ) -> None:
        self._database = database
        self._home = home
        self._analytics = analytics
        self._signals = signals
        self._review = review
        self._traces = traces

    async def draw(self, principal: Principal, days: int = DAYS) -> str:
        """Return the report of the last days as one HTML file.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        require_admin(principal)
        facts = await self._facts(principal, days)
        return await anyio.to_thread.run_sync(_draw, principal, facts, days)

    async def write_all(self) -> None:
        """Write the report of every tenant below `reports/` of the home: the nightly job."""
        for principal in await system_principals(self._database):
            folder = self._home / "reports" / principal.tenant_id
            path = anyio.Path(folder / f"{datetime.now(UTC):%Y-%m-%d}.html")
            await path.parent.mkdir(parents=True, exist_ok=True)
            await path.write_text(await self.draw(principal), encoding="utf-8")
            log.info("report.written", tenant=principal.tenant_id, path=str(path))

    async def _facts(self, principal: Principal, days: int) -> _Facts:
        results: Sequence[SuiteResult] = []
        if principal.tenant_id == local_principal().tenant_id:
            # Suites are run by the operator; what they asked is not for other tenants.
            folder = self._home / "evals" / "results"
            results = await anyio.to_thread.run_sync(results_in, folder)
        since = datetime.now(UTC) - timedelta(days=days)
        async with self._database.begin(principal, read_only=True) as tx:
            models = await tx.llm_calls.by_model(since)
            spent = await tx.llm_calls.by_day(since)
        page = {"limit": _COMMENTS, "offset": 0}
        return _Facts(
            results=results[-_RUNS:],
            comparison=_comparison(results),
            models=models,
            spent=spent,
            searches=await self._analytics.searches(principal, days),
            votes=await self._signals.page(principal, kind=None, **page),
            pending=await self._review.queue(principal, state=CandidateState.PENDING, **page),
            accepted=await self._review.queue(principal, state=CandidateState.ACCEPTED, **page),
            slowest=await self._slowest(principal, since),
        )

    async def _slowest(self, principal: Principal, since: datetime) -> Sequence[TraceTree] | str:
        try:
            return await self._traces.slowest(principal, since)
        except TraceStoreError as error:
            return str(error)


def _comparison(results: Sequence[SuiteResult]) -> Comparison | None:
    if not results:
        return None
    last = _last(results)
    try:
        return compare(accepted_for(last), last)
    except DatasetError:
        return None  # nothing was accepted for these models


def _last(results: Sequence[SuiteResult]) -> SuiteResult:
    """Return the newest full run, or the newest of any."""
    full = [result for result in results if result.suite == "full"]
    return (full or list(results))[-1]


def _draw(principal: Principal, facts: _Facts, days: int) -> str:
    parts = [_tiles(facts, days)]
    if facts.results:
        last = _last(facts.results)
        parts += [_over_time(facts.results), html.metric_plot(last)]
        parts += [html.gate_table(facts.comparison)] if facts.comparison else []
        parts += [html.group_plot(last)]
    else:
        said = "No suite was run in this home yet: <code>cicerone eval run full</code>"
        parts.append(html.section("Accuracy", f'<p class="aside">{said}</p>'))
    parts += [_costs(facts), _slowest(facts), _feedback(facts), _searches(facts)]
    if facts.results:
        parts += [html.about(last), html.side_by_side(last)]
    sub = f"Tenant {principal.tenant_id} · {datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {days} days"
    return html.page("Cicerone: quality, costs and feedback", sub, parts)


def _tiles(facts: _Facts, days: int) -> str:
    means = _last(facts.results).means if facts.results else {}
    searches = facts.searches
    votes = searches.up + searches.down
    drawn = [
        html.tile(_share(means.get(_RIGHT)), "questions decided rightly"),
        html.tile(_share(means.get("retrieval.hit_rate@5")), "right page among five"),
        html.tile(f"${sum(day.cost_usd for day in facts.spent):.2f}", f"spent in {days} days"),
        html.tile(str(searches.searches), "searches and questions"),
        html.tile(_share(searches.null_rate), "found nothing"),
        html.tile(_share(searches.up / votes if votes else None), f"thumbs up of {votes}"),
    ]
    return f'<div class="tiles">{"".join(drawn)}</div>'


def _over_time(results: Sequence[SuiteResult]) -> str:
    drawn = []
    for suite in ("full", "quick"):
        points = [
            (f"{r.created_at:%m-%d %H:%M}", value)
            for r in results
            if r.suite == suite and (value := r.means.get(_RIGHT)) is not None
        ]
        if points:
            drawn.append(f'<div><p class="aside">Suite {suite}</p>{line(points)}</div>')
    return html.section(
        "Accuracy against the gold standard", f'<div class="two">{"".join(drawn)}</div>'
    )


def _costs(facts: _Facts) -> str:
    if not facts.models:
        return html.section("Costs", '<p class="aside">No model was called.</p>')
    rows = [
        (m.model, m.function, m.calls, m.input_tokens, m.output_tokens, m.latency_ms, m.cost_usd)
        for m in facts.models
    ]
    head = ("model", "for", "calls", "tokens read", "tokens written", "ms, mean", "US dollars")
    points = [(day.day, day.cost_usd) for day in facts.spent]
    top = max((value for _, value in points), default=0.0)
    plot = line(points, top=top) if top else '<p class="aside">Nothing was spent.</p>'
    return html.section("Costs", html.table(head, rows) + plot)


def _slowest(facts: _Facts) -> str:
    if isinstance(facts.slowest, str):
        return report_traces.section(f'<p class="aside">{escape(facts.slowest)}</p>')
    return report_traces.slowest(facts.slowest)


def _feedback(facts: _Facts) -> str:
    rows = [
        (f"{each.created_at:%Y-%m-%d %H:%M}", each.kind.value, each.comment, each.correction)
        for each in facts.votes.feedback
        if each.comment or each.correction
    ]
    said = (
        f"<p>{facts.searches.up} up, {facts.searches.down} down, {facts.searches.copies} copied. "
        f"{facts.pending.total} candidates wait for review, {facts.accepted.total} became golden "
        "rows.</p>"
    )
    comments = html.table(("when", "vote", "comment", "should have said"), rows) if rows else ""
    return html.section("Feedback", said + comments)


def _searches(facts: _Facts) -> str:
    found = facts.searches
    rows = [
        ("clicked", _share(found.click_through_rate)),
        ("asked again in other words", _share(found.reformulation_rate)),
        ("found nothing", _share(found.null_rate)),
        ("seconds to the first click, median", _number(found.seconds_to_click)),
    ]
    head = ("question", "times", "clicked")
    asked = [(each.query, each.times, each.clicked) for each in found.top_queries]
    nothing = [(each.query, each.times, each.clicked) for each in found.top_null_queries]
    lists = (
        f'<div class="two"><div><p class="aside">Asked most</p>{html.table(head, asked)}</div>'
        f'<div><p class="aside">Found nothing</p>{html.table(head, nothing)}</div></div>'
    )
    return html.section("Searches", html.table(("what", "share"), rows) + lists)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
