"""The graphs as tools run them: each run is recorded like one of the API.

Traces, metrics, the audit trail and the log of searches tell of it.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from pydantic import ValidationError

from graphs.identity import principal_of
from graphs.query import state as query
from graphs.text_to_sql import state as text_to_sql
from service.answering import Answering
from service.errors import ToolArgumentsError
from service.schemas import AskRequest, Request, SearchRequest
from service.sql_answering import SqlAnswering
from service.sql_schemas import SqlRequest

R = TypeVar("R", bound=Request)
MAX_SHOWN: Final = 200
"""Characters of a refusal; it may repeat what was sent."""


@dataclass(frozen=True, slots=True)
class RecordedSearch:
    """Stands for the search graph."""

    answering: Answering

    async def ainvoke(
        self, start: query.QueryInput, config: RunnableConfig, /, *, context: query.Context
    ) -> query.SearchOutput:
        """Search on behalf of the run's principal."""
        request = _request(
            SearchRequest, query=start["question"], collection=context.collection, k=context.top_k
        )
        return await self.answering.find(principal_of(config), request)


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """Stands for the answer graph."""

    answering: Answering

    async def ainvoke(
        self, start: query.QueryInput, config: RunnableConfig, /, *, context: query.Context
    ) -> query.QueryOutput:
        """Answer on behalf of the run's principal, without a conversation."""
        request = _request(
            AskRequest,
            question=start["question"],
            collection=context.collection,
            top_k=context.top_k,
        )
        answer = await self.answering.answer(principal_of(config), request)
        # Citations and refusals have the same fields on both sides of the service.
        return cast(query.QueryOutput, dict(answer))


@dataclass(frozen=True, slots=True)
class RecordedQuery:
    """Stands for the graph that answers from databases."""

    answering: SqlAnswering

    async def ainvoke(
        self,
        start: text_to_sql.SqlInput,
        config: RunnableConfig,
        /,
        *,
        context: text_to_sql.Context,
    ) -> text_to_sql.SqlOutput:
        """Answer on behalf of the run's principal; what is asked back ends the run."""
        request = _request(SqlRequest, datasource=context.datasource, question=start["question"])
        answer = await self.answering.answer(principal_of(config), request, interactive=False)
        output: dict[str, Any] = answer.model_dump(mode="json")
        return cast(text_to_sql.SqlOutput, output)


def _request(kind: type[R], **fields: Any) -> R:
    try:
        return kind(**fields)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise ToolArgumentsError(f"{where}: {wrong['msg']}"[:MAX_SHOWN]) from error
