"""What the commands need of feedback, in this process or in a running server."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import httpx
from pydantic import BaseModel

from data.models import CandidateState, SignalKind
from providers.principal import Principal
from service.container import Container
from service.feedback.shapes import (
    AcceptBody,
    CandidatePage,
    CandidateRead,
    Collected,
    FeedbackBody,
    FeedbackPage,
    FeedbackRead,
    SearchAnalytics,
)

Send = Callable[..., Awaitable[httpx.Response]]
"""Sends a request (method, path, options of httpx); raises a `ProblemError` when refused."""
_ShapeT = TypeVar("_ShapeT", bound=BaseModel)


class FeedbackCalls(Protocol):
    """Votes, the review queue, and how searches went."""

    async def give(self, body: FeedbackBody) -> FeedbackRead:
        """Give feedback."""
        ...

    async def votes(self, kind: SignalKind | None, limit: int) -> FeedbackPage:
        """List feedback."""
        ...

    async def queue(self, state: CandidateState | None, limit: int) -> CandidatePage:
        """List candidates."""
        ...

    async def collect(self) -> Collected:
        """Make candidates of votes."""
        ...

    async def accept(self, id: str, body: AcceptBody) -> CandidateRead:
        """Make a candidate a golden row."""
        ...

    async def reject(self, id: str) -> CandidateRead:
        """Leave a candidate out."""
        ...

    async def analytics(self, days: int) -> SearchAnalytics:
        """Tell how searches went."""
        ...

    async def report(self, days: int) -> str:
        """Draw the report as HTML."""
        ...


class LocalFeedback:
    """Calls the service in this process."""

    def __init__(self, container: Container, principal: Principal) -> None:
        self._container = container
        self._principal = principal

    async def give(self, body: FeedbackBody) -> FeedbackRead:
        """Give feedback."""
        return await self._container.signals.give(self._principal, body)

    async def votes(self, kind: SignalKind | None, limit: int) -> FeedbackPage:
        """List feedback."""
        signals = self._container.signals
        return await signals.page(self._principal, kind=kind, limit=limit, offset=0)

    async def queue(self, state: CandidateState | None, limit: int) -> CandidatePage:
        """List candidates."""
        review = self._container.review
        return await review.queue(self._principal, state=state, limit=limit, offset=0)

    async def collect(self) -> Collected:
        """Make candidates of votes."""
        return await self._container.review.collect(self._principal)

    async def accept(self, id: str, body: AcceptBody) -> CandidateRead:
        """Make a candidate a golden row."""
        return await self._container.review.accept(self._principal, id, body)

    async def reject(self, id: str) -> CandidateRead:
        """Leave a candidate out."""
        return await self._container.review.reject(self._principal, id)

    async def analytics(self, days: int) -> SearchAnalytics:
        """Tell how searches went."""
        return await self._container.analytics.searches(self._principal, days)

    async def report(self, days: int) -> str:
        """Draw the report as HTML."""
        return await self._container.reports.draw(self._principal, days)


class RemoteFeedback:
    """Speaks the native API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def give(self, body: FeedbackBody) -> FeedbackRead:
        """Give feedback."""
        return await self._call(FeedbackRead, "POST", "/api/feedback", json=_json(body))

    async def votes(self, kind: SignalKind | None, limit: int) -> FeedbackPage:
        """List feedback."""
        params = {"limit": limit} | ({"kind": kind.value} if kind else {})
        return await self._call(FeedbackPage, "GET", "/api/feedback", params=params)

    async def queue(self, state: CandidateState | None, limit: int) -> CandidatePage:
        """List candidates."""
        params = {"limit": limit} | ({"state": state.value} if state else {})
        return await self._call(CandidatePage, "GET", "/api/feedback/candidates", params=params)

    async def collect(self) -> Collected:
        """Make candidates of votes."""
        return await self._call(Collected, "POST", "/api/feedback/collect")

    async def accept(self, id: str, body: AcceptBody) -> CandidateRead:
        """Make a candidate a golden row."""
        path = f"/api/feedback/candidates/{id}/accept"
        return await self._call(CandidateRead, "POST", path, json=_json(body))

    async def reject(self, id: str) -> CandidateRead:
        """Leave a candidate out."""
        return await self._call(CandidateRead, "POST", f"/api/feedback/candidates/{id}/reject")

    async def analytics(self, days: int) -> SearchAnalytics:
        """Tell how searches went."""
        path = "/api/analytics/searches"
        return await self._call(SearchAnalytics, "GET", path, params={"days": days})

    async def report(self, days: int) -> str:
        """Draw the report as HTML."""
        return (await self._send("GET", "/api/report", params={"days": days})).text

    async def _call(self, shape: type[_ShapeT], method: str, path: str, **options: Any) -> _ShapeT:
        response = await self._send(method, path, **options)
        return shape.model_validate_json(response.content)


def _json(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude_none=True)
