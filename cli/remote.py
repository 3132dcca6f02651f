"""The backend of a home that a running server owns: the same calls over HTTP."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any, Final

import httpx

from cli.agent_calls import RemoteAgent
from cli.api_client import problem_in
from cli.backend import JobAction
from cli.budgeting import RemoteBudgets
from cli.datasource_calls import RemoteDatasources
from cli.feedback_calls import RemoteFeedback
from cli.files import LocalFile
from cli.guard_calls import RemoteGuards
from cli.problems import Problem, ProblemError
from cli.remote_conversing import RemoteConversations
from cli.remote_curating import RemoteCuration
from cli.remote_sources import RemoteSources
from cli.remote_upkeep import RemoteUpkeep
from cli.sql_calls import RemoteSql
from cli.sse import ServerEvent, read_events
from cli.trace_calls import RemoteTraces
from service.owner import ServerAddress
from service.schemas import (
    AskRequest,
    DocumentPage,
    DocumentRead,
    HealthReport,
    JobEvent,
    JobRead,
    KeyCreated,
    KeyRead,
    RunEvent,
    SearchRequest,
    SearchResult,
)

TIMEOUT: Final = httpx.Timeout(120.0, connect=5.0)
"""Seconds; a stream says something at least every 15 s, a slow model may take a minute."""

_BINARY: Final = "application/octet-stream"
"""The server looks at the bytes; what a client says of them does not count."""


@asynccontextmanager
async def open_remote(address: ServerAddress) -> AsyncIterator["RemoteBackend"]:
    """Connect to the server of a home with this user's own token."""
    async with httpx.AsyncClient(
        base_url=address.base_url,
        headers={"Authorization": f"Bearer {address.token}"},
        timeout=TIMEOUT,
        trust_env=False,  # the server is on this machine; a proxy is never meant
    ) as client:
        yield RemoteBackend(client)


class RemoteBackend(RemoteCuration):
    """Speaks the native API; the server's problems arrive as `ProblemError`."""

    works_here = False

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @property
    def sources(self) -> RemoteSources:
        """What concerns sources, vendors and products."""
        return RemoteSources(self._send, self._stream)

    @property
    def datasources(self) -> RemoteDatasources:
        """What concerns a team's own databases."""
        return RemoteDatasources(self._send)

    @property
    def sql(self) -> RemoteSql:
        """What concerns questions to databases."""
        return RemoteSql(self._send, self._stream)

    @property
    def agent(self) -> RemoteAgent:
        """What concerns questions to the agent."""
        return RemoteAgent(self._stream)

    async def search(self, request: SearchRequest) -> SearchResult:
        """Find passages."""
        return await self._post(SearchResult, "/api/search", request.model_dump(mode="json"))

    async def ask(self, request: AskRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events."""
        body = {**request.model_dump(mode="json"), "stream": True}
        async for event in self._stream("POST", "/api/ask", json=body):
            yield RunEvent(type=event.name, data=json.loads(event.data))

    async def submit(self, collection: str, files: Sequence[LocalFile]) -> JobRead:
        """Upload files for ingestion."""
        with ExitStack() as stack:
            parts = [
                ("files", (file.source, stack.enter_context(file.path.open("rb")), _BINARY))
                for file in files
            ]
            response = await self._send(
                "POST", "/api/documents", data={"collection": collection}, files=parts
            )
        return JobRead.model_validate_json(response.content)

    async def job(self, job_id: str) -> JobRead:
        """Show a job."""
        return await self._get(JobRead, f"/api/jobs/{job_id}")

    async def jobs(self, limit: int, *, status: str | None, dead: bool) -> list[JobRead]:
        """List the newest jobs first; `dead` ones have used all their attempts."""
        params = {"limit": limit, "dead": dead} | ({"status": status} if status else {})
        return await self._list(JobRead, "/api/jobs", params=params)

    async def job_events(self, job_id: str) -> AsyncIterator[JobEvent]:
        """Yield what a job tells, until it ends."""
        async for event in self._stream("GET", f"/api/jobs/{job_id}/events"):
            if event.name == "error":
                raise ProblemError(Problem.model_validate_json(event.data))
            yield JobEvent.model_validate_json(event.data)

    async def steer_job(self, job_id: str, action: JobAction) -> JobRead:
        """Pause, resume, cancel or retry a job."""
        return await self._post(JobRead, f"/api/jobs/{job_id}/{action}", None)

    async def documents(
        self, *, collection: str | None, status: str | None, limit: int, offset: int
    ) -> DocumentPage:
        """List documents."""
        wanted = {"collection": collection, "status": status, "limit": limit, "offset": offset}
        params = {name: value for name, value in wanted.items() if value is not None}
        return await self._get(DocumentPage, "/api/documents", params=params)

    async def document(self, document_id: str) -> DocumentRead:
        """Show a document."""
        return await self._get(DocumentRead, f"/api/documents/{document_id}")

    async def delete_document(self, document_id: str) -> None:
        """Delete a document."""
        await self._send("DELETE", f"/api/documents/{document_id}")

    async def create_key(self, name: str, role: str, *, public: bool) -> KeyCreated:
        """Make an API key."""
        body = {"name": name, "role": role, "audience": "public" if public else None}
        return await self._post(KeyCreated, "/api/keys", body)

    async def keys(self) -> list[KeyRead]:
        """List the API keys."""
        return await self._list(KeyRead, "/api/keys")

    async def revoke_key(self, key_id: str) -> KeyRead:
        """End an API key."""
        response = await self._send("DELETE", f"/api/keys/{key_id}")
        return KeyRead.model_validate_json(response.content)

    @property
    def guards(self) -> RemoteGuards:
        """What concerns guards."""
        return RemoteGuards(self._send)

    @property
    def traces(self) -> RemoteTraces:
        """What runs did."""
        return RemoteTraces(self._send)

    @property
    def feedback(self) -> RemoteFeedback:
        """What people make of answers."""
        return RemoteFeedback(self._send)

    @property
    def upkeep(self) -> RemoteUpkeep:
        """What keeps the library in order."""
        return RemoteUpkeep(self._send)

    @property
    def budgets(self) -> RemoteBudgets:
        """What models may cost."""
        return RemoteBudgets(self._send)

    @property
    def conversations(self) -> RemoteConversations:
        """What was asked and answered."""
        return RemoteConversations(self._send)

    async def health(self) -> HealthReport:
        """Tell how well each capability works."""
        return await self._get(HealthReport, "/api/health")

    async def _stream(self, method: str, path: str, **options: Any) -> AsyncIterator[ServerEvent]:
        headers = {"Accept": "text/event-stream"}
        async with self._client.stream(method, path, headers=headers, **options) as response:
            if response.is_error:
                await response.aread()
                raise ProblemError(problem_in(response))
            async for event in read_events(response.aiter_bytes()):
                yield event
