from typing import Any, cast

import pytest

from graphs.identity import PRINCIPAL_KEY
from providers.principal import local_principal
from tools.query_database import MOST_ROWS, QueryDatabase

pytestmark = pytest.mark.integration


class Graph:
    """Answers with what it is given, and keeps what it was asked."""

    def __init__(self, output: dict[str, Any]) -> None:
        self.output = output
        self.asked: list[Any] = []

    async def ainvoke(self, start: Any, config: Any, *, context: Any) -> dict[str, Any]:
        self.asked.append((start, config["configurable"][PRINCIPAL_KEY], context.datasource))
        return self.output


async def test_the_tool_asks_for_the_principal_and_hands_on_few_rows() -> None:
    graph = Graph({"answer": "90 rows", "route": "rule", "rows": [[one] for one in range(90)]})
    tool = QueryDatabase(cast(Any, graph))

    found = await tool(local_principal(), question="How many?", datasource="shop")

    assert graph.asked == [({"question": "How many?"}, local_principal(), "shop")]
    assert (len(found["rows"]), found["row_count"], found["truncated"]) == (MOST_ROWS, 90, True)


async def test_what_is_asked_back_reaches_the_agent_as_questions() -> None:
    clarify = {"question": "Which?", "options": [{"label": "a", "question": "A?"}], "nearest": []}
    found = await QueryDatabase(cast(Any, Graph({"clarify": clarify})))(
        local_principal(), question="x", datasource="shop"
    )
    assert (found["clarify"], found["error"]) == (["A?"], None)
