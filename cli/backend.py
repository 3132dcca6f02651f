"""Where a command's work is done: in the server that owns the home, or in this process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal, Protocol

from cli.agent_calls import AgentCalls
from cli.budgeting import BudgetCalls
from cli.conversing import ConversationCalls
from cli.curating import Curation
from cli.datasource_calls import DatasourceCalls
from cli.feedback_calls import FeedbackCalls
from cli.files import LocalFile
from cli.guard_calls import GuardCalls
from cli.source_calls import SourceCalls
from cli.sql_calls import SqlCalls
from cli.trace_calls import TraceCalls
from cli.upkeep import UpkeepBackend
from service.owner import running_server
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
from service.settings import Settings

JobAction = Literal["pause", "resume", "cancel", "retry"]


class Backend(Curation, Protocol):
    """What the commands need of the service, wherever it runs."""

    works_here: bool
    """Whether jobs are done in this process, and stop when it ends."""

    @property
    def sources(self) -> SourceCalls:
        """What concerns sources, vendors and products."""
        ...

    @property
    def datasources(self) -> DatasourceCalls:
        """What concerns a team's own databases."""
        ...

    @property
    def sql(self) -> SqlCalls:
        """What concerns questions to databases."""
        ...

    @property
    def agent(self) -> AgentCalls:
        """What concerns questions to the agent."""
        ...

    async def search(self, request: SearchRequest) -> SearchResult:
        """Find passages."""
        ...

    def ask(self, request: AskRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events."""
        ...

    async def submit(self, collection: str, files: Sequence[LocalFile]) -> JobRead:
        """Hand files over for ingestion."""
        ...

    async def job(self, job_id: str) -> JobRead:
        """Show a job."""
        ...

    async def jobs(self, limit: int, *, status: str | None, dead: bool) -> list[JobRead]:
        """List the newest jobs first; `dead` ones have used all their attempts."""
        ...

    def job_events(self, job_id: str) -> AsyncIterator[JobEvent]:
        """Yield what a job tells, until it ends."""
        ...

    async def steer_job(self, job_id: str, action: JobAction) -> JobRead:
        """Pause, resume, cancel or retry a job."""
        ...

    async def documents(
        self, *, collection: str | None, status: str | None, limit: int, offset: int
    ) -> DocumentPage:
        """List documents."""
        ...

    async def document(self, document_id: str) -> DocumentRead:
        """Show a document."""
        ...

    async def delete_document(self, document_id: str) -> None:
        """Delete a document."""
        ...

    async def create_key(self, name: str, role: str, *, public: bool) -> KeyCreated:
        """Make an API key."""
        ...

    async def keys(self) -> list[KeyRead]:
        """List the API keys."""
        ...

    async def revoke_key(self, key_id: str) -> KeyRead:
        """End an API key."""
        ...

    @property
    def traces(self) -> TraceCalls:
        """What runs did."""
        ...

    @property
    def guards(self) -> GuardCalls:
        """What concerns guards."""
        ...

    @property
    def feedback(self) -> FeedbackCalls:
        """What people make of answers."""
        ...

    @property
    def upkeep(self) -> UpkeepBackend:
        """What keeps the library in order."""
        ...

    @property
    def budgets(self) -> BudgetCalls:
        """What models may cost."""

    @property
    def conversations(self) -> ConversationCalls:
        """What was asked and answered."""
        ...

    async def health(self) -> HealthReport:
        """Tell how well each capability works."""
        ...


@asynccontextmanager
async def open_backend(settings: Settings) -> AsyncIterator[Backend]:
    """Open the backend of the home: HTTP when a server owns it, else the service in-process."""
    address = running_server(settings.home)
    if address is not None:
        # Each backend pulls in what the other does not need; only one is ever used.
        from cli.remote import open_remote

        async with open_remote(address) as remote:
            yield remote
        return
    from cli.local import open_local

    async with open_local(settings) as local:
        yield local
