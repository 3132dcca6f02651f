"""The agent's tools as the service runs them: recorded, streamed, and on behalf of a principal."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, Final

from graphs.agent.errors import ToolFailedError
from graphs.agent.tools import Emit
from graphs.text_to_sql.desk import Desk
from providers.principal import Principal
from service.answering import Answering
from service.datasources import Datasources
from service.errors import ServiceError
from service.schemas import AskRequest, RunEvent
from service.sql_answering import SqlAnswering
from service.sql_desks import ServiceDesks
from service.sql_schemas import SqlRequest
from tools.ask_documents import AskDocuments
from tools.query_database import QueryDatabase

_FRAME: Final = frozenset({"run.started", "run.finished", "answer", "clarify", "example.proposed"})
"""Events of a tool's own run that the agent says in its own words."""


class AskingDocuments:
    """Answers from documents as `POST /api/ask` does: audited, cached, guarded, recorded."""

    definition: ClassVar = AskDocuments.definition

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def __call__(self, principal: Principal, /, **arguments: Any) -> Mapping[str, Any]:
        """Return the answer."""
        return await self.tell(principal, _silent, **arguments)

    async def tell(
        self,
        principal: Principal,
        emit: Emit,
        /,
        *,
        question: str,
        collection: str = "default",
    ) -> Mapping[str, Any]:
        """Return the answer, and send it sentence by sentence."""
        request = AskRequest(question=question, collection=collection)
        async with aclosing(self._answering.ask(principal, request)) as events:
            async for event in events:
                if event.type == "run.finished":
                    return event.data
                _pass_on(event, emit)
        raise ToolFailedError("the documents gave no answer")


class AskingDatabase:
    """Answers from a database as `POST /api/sql` does; the agent asks back in its place."""

    definition: ClassVar = QueryDatabase.definition

    def __init__(self, sql: SqlAnswering) -> None:
        self._sql = sql

    async def __call__(self, principal: Principal, /, **arguments: Any) -> Mapping[str, Any]:
        """Return the answer."""
        return await self.tell(principal, _silent, **arguments)

    async def tell(
        self, principal: Principal, emit: Emit, /, *, question: str, datasource: str
    ) -> Mapping[str, Any]:
        """Return the answer with its query and rows, and tell how it was found.

        Raises:
            ToolFailedError: there is no such datasource, or it cannot be used.
        """
        request = SqlRequest(question=question, datasource=datasource)
        try:
            async with aclosing(self._sql.ask(principal, request, interactive=False)) as events:
                async for event in events:
                    if event.type == "run.finished":
                        return event.data
                    _pass_on(event, emit)
        except ServiceError as error:
            raise ToolFailedError(str(error)) from error
        raise ToolFailedError(f"the database {datasource!r} gave no answer")


class ServiceDatabases:
    """The databases that a principal may ask; see `graphs.agent.databases.Databases`."""

    def __init__(self, datasources: Datasources, desks: ServiceDesks) -> None:
        self._datasources = datasources
        self._desks = desks

    async def names(self, principal: Principal) -> Sequence[str]:
        """Return their names, in order; who asks for the public may ask none."""
        if principal.is_public:
            return []
        found = await self._datasources.list(principal)
        return [one.name for one in found.datasources]

    async def open(self, principal: Principal, name: str, *, fresh: bool = False) -> Desk:
        """Return the desk of a datasource.

        Raises:
            ToolFailedError: there is none of that name, or it cannot be used.
        """
        if principal.is_public:
            raise ToolFailedError(f"the public may not ask the datasource {name!r}")
        try:
            return await self._desks.open(principal, name, fresh=fresh)
        except ServiceError as error:
            raise ToolFailedError(str(error)) from error


def _pass_on(event: RunEvent, emit: Emit) -> None:
    if event.type not in _FRAME:
        emit({"type": event.type, **event.data})


def _silent(_: dict[str, object]) -> None:
    """Tell nobody."""
