"""The tools, as clients of the service call them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from providers.principal import Principal
from providers.telemetry import SpanKind
from providers.types import ToolDefinition
from service.answering import Answering
from service.datasources import Datasources
from service.errors import ForbiddenError, ToolArgumentsError, ToolNotFoundError
from service.sql_answering import SqlAnswering
from service.tool_runs import MAX_SHOWN, RecordedAnswer, RecordedQuery, RecordedSearch
from service.tracing.tracer import Tracer
from tools.ask_documents import AskDocuments
from tools.query_database import QueryDatabase
from tools.search_documents import SearchDocuments

Tool = SearchDocuments | AskDocuments | QueryDatabase


class ToolCalls:
    """Calls tools on behalf of a principal, who comes from the server and never from arguments."""

    def __init__(
        self,
        *,
        answering: Answering,
        sql: SqlAnswering,
        datasources: Datasources,
        tracer: Tracer,
    ) -> None:
        self._datasources = datasources
        self._tracer = tracer
        tools: Sequence[Tool] = (
            SearchDocuments(RecordedSearch(answering)),
            AskDocuments(RecordedAnswer(answering)),
            QueryDatabase(RecordedQuery(sql)),
        )
        self._tools = {tool.definition.name: tool for tool in tools}

    async def offered(self, principal: Principal) -> list[ToolDefinition]:
        """List what a principal may call; without a datasource nothing asks databases.

        No row of a database is for the public, so it may not ask them.

        Raises:
            DatabaseError: the datasources cannot be read.
        """
        definitions = [tool.definition for tool in self._tools.values()]
        listed = [] if principal.is_public else await self._names(principal)
        if not listed:
            return [one for one in definitions if one is not QueryDatabase.definition]
        return [_naming(one, listed) for one in definitions]

    async def _names(self, principal: Principal) -> list[str]:
        return [one.name for one in (await self._datasources.list(principal)).datasources]

    def parameters(self, name: str) -> Mapping[str, Any] | None:
        """Return the JSON schema of a tool's arguments, or None without such a tool."""
        tool = self._tools.get(name)
        return None if tool is None else tool.definition.parameters

    async def call(
        self, principal: Principal, name: str, arguments: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Call a tool, as a run that is recorded.

        Raises:
            ToolNotFoundError: there is no such tool.
            ToolArgumentsError: the arguments are not those that its definition describes.
            GraphError: the run cannot go on; its message says why.
            ForbiddenError: the public asks a database.
            ServiceError: there is no such datasource.
        """
        tool = self._tools.get(name)
        if tool is None:
            known = ", ".join(self._tools)
            raise ToolNotFoundError(f"there is no tool {name[:MAX_SHOWN]!r}; there are: {known}")
        if principal.is_public and tool.definition is QueryDatabase.definition:
            raise ForbiddenError("a key for the public may not ask databases")
        call: Callable[..., Awaitable[dict[str, Any]]] = tool
        said = {"input": arguments.get("question"), "request": dict(arguments)}
        with self._tracer.run(name, SpanKind.TOOL, principal, **said):
            _require_valid(tool.definition, arguments)
            return await call(principal, **arguments)


def _naming(definition: ToolDefinition, datasources: Sequence[str]) -> ToolDefinition:
    """Put the names of the datasources into the definition of the tool that takes one."""
    if definition is not QueryDatabase.definition or not datasources:
        return definition
    properties = dict(definition.parameters["properties"])
    properties["datasource"] = {**properties["datasource"], "enum": list(datasources)}
    return replace(definition, parameters={**definition.parameters, "properties": properties})


def _require_valid(definition: ToolDefinition, arguments: Mapping[str, Any]) -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - a tenth of a second
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    validator = Draft202012Validator(dict(definition.parameters))
    wrong = best_match(validator.iter_errors(dict(arguments)))
    if wrong is not None:
        where = ".".join(map(str, wrong.absolute_path))
        raise ToolArgumentsError(f"{where}: {wrong.message}"[:MAX_SHOWN].removeprefix(": "))
