"""The backend of a home that no server owns: the service in this process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from api.collections import require_collection
from cli.agent_calls import LocalAgent
from cli.backend import JobAction
from cli.budgeting import LocalBudgets
from cli.datasource_calls import LocalDatasources
from cli.feedback_calls import LocalFeedback
from cli.files import LocalFile
from cli.guard_calls import LocalGuards
from cli.local_conversing import LocalConversations
from cli.local_curating import LocalCuration
from cli.local_sources import LocalSources
from cli.local_upkeep import LocalUpkeep
from cli.sql_calls import LocalSql
from cli.trace_calls import LocalTraces
from providers.principal import Role, local_principal
from service.container import Container, open_container
from service.library import Upload
from service.schemas import (
    AskRequest,
    DocumentPage,
    DocumentRead,
    DocumentStatus,
    HealthReport,
    JobEvent,
    JobRead,
    JobStatus,
    KeyCreated,
    KeyRead,
    RunEvent,
    SearchRequest,
    SearchResult,
)
from service.settings import Settings


@asynccontextmanager
async def open_local(settings: Settings) -> AsyncIterator["LocalBackend"]:
    """Open the service; this process owns the home until the end."""
    async with open_container(settings) as container:
        yield LocalBackend(container)


class LocalBackend(LocalCuration):
    """Calls the service as the one local administrator."""

    works_here = True

    def __init__(self, container: Container) -> None:
        self._container = container
        self._principal = local_principal()

    @property
    def sources(self) -> LocalSources:
        """What concerns sources, vendors and products."""
        return LocalSources(self._container)

    @property
    def datasources(self) -> LocalDatasources:
        """What concerns a team's own databases."""
        return LocalDatasources(self._container.datasources, self._principal)

    @property
    def sql(self) -> LocalSql:
        """What concerns questions to databases."""
        return LocalSql(self._container.sql, self._container.sql_examples, self._principal)

    @property
    def agent(self) -> LocalAgent:
        """What concerns questions to the agent."""
        return LocalAgent(self._container, self._principal)

    async def search(self, request: SearchRequest) -> SearchResult:
        """Find passages."""
        return await self._container.answering.search(self._principal, request)

    async def ask(self, request: AskRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events.

        Raises:
            CollectionNotFoundError: there is no such collection.
        """
        await require_collection(self._container, self._principal, request.collection)
        async for event in self._container.answering.ask(self._principal, request):
            yield event

    async def submit(self, collection: str, files: Sequence[LocalFile]) -> JobRead:
        """Hand files over for ingestion; they are read where they lie."""
        uploads = [Upload(source=file.source, path=file.path, keep=True) for file in files]
        return await self._container.library.submit(self._principal, collection, uploads)

    async def job(self, job_id: str) -> JobRead:
        """Show a job."""
        return await self._container.jobs.get(self._principal, job_id)

    async def jobs(self, limit: int, *, status: str | None, dead: bool) -> list[JobRead]:
        """List the newest jobs first; `dead` ones have used all their attempts."""
        wanted = JobStatus(status) if status else None
        return await self._container.jobs.list(
            self._principal, limit=limit, status=wanted, dead=dead
        )

    def job_events(self, job_id: str) -> AsyncIterator[JobEvent]:
        """Yield what a job tells, until it ends."""
        return self._container.jobs.events(self._principal, job_id)

    async def steer_job(self, job_id: str, action: JobAction) -> JobRead:
        """Pause, resume, cancel or retry a job; what is queued runs in this process."""
        jobs = self._container.jobs
        steer = {
            "pause": jobs.pause,
            "resume": jobs.resume,
            "cancel": jobs.cancel,
            "retry": jobs.retry,
        }
        return await steer[action](self._principal, job_id)

    async def documents(
        self, *, collection: str | None, status: str | None, limit: int, offset: int
    ) -> DocumentPage:
        """List documents.

        Raises:
            CollectionNotFoundError: there is no such collection.
        """
        if collection is not None:
            await require_collection(self._container, self._principal, collection)
        return await self._container.library.documents(
            self._principal,
            collection=collection,
            status=DocumentStatus(status) if status else None,
            limit=limit,
            offset=offset,
        )

    async def document(self, document_id: str) -> DocumentRead:
        """Show a document."""
        return await self._container.library.document(self._principal, document_id)

    async def delete_document(self, document_id: str) -> None:
        """Delete a document."""
        await self._container.library.delete(self._principal, document_id)

    async def create_key(self, name: str, role: str, *, public: bool) -> KeyCreated:
        """Make an API key."""
        keys = self._container.keys
        return await keys.create(self._principal, name, Role(role), public=public)

    async def keys(self) -> list[KeyRead]:
        """List the API keys."""
        return await self._container.keys.list(self._principal)

    async def revoke_key(self, key_id: str) -> KeyRead:
        """End an API key."""
        return await self._container.keys.revoke(self._principal, key_id)

    @property
    def guards(self) -> LocalGuards:
        """What concerns guards."""
        return LocalGuards(self._container.guarding, self._principal)

    @property
    def traces(self) -> LocalTraces:
        """What runs did."""
        return LocalTraces(self._container.traces, self._container.objectives, self._principal)

    @property
    def feedback(self) -> LocalFeedback:
        """What people make of answers."""
        return LocalFeedback(self._container, self._principal)

    @property
    def upkeep(self) -> LocalUpkeep:
        """What keeps the library in order."""
        return LocalUpkeep(self._container, self._principal)

    @property
    def budgets(self) -> LocalBudgets:
        """What models may cost."""
        return LocalBudgets(self._container.budgets, self._principal)

    @property
    def conversations(self) -> LocalConversations:
        """What was asked and answered."""
        return LocalConversations(self._container, self._principal)

    async def health(self) -> HealthReport:
        """Tell how well each capability works."""
        return await self._container.health.report()
