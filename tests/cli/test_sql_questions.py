"""What `cicerone sql` makes of its arguments."""

import pytest

from cli.asking_sql import read_request, to_json
from cli.problems import UsageProblemError
from service.sql_schemas import SqlAnswer


def test_a_question_needs_a_datasource() -> None:
    with pytest.raises(UsageProblemError, match="--datasource"):
        read_request("How many?", "", "all", None, None)


def test_a_choice_needs_the_run_that_asked() -> None:
    with pytest.raises(UsageProblemError, match="go together"):
        read_request(None, "shop", "all", None, "1")


def test_programs_get_the_keys_that_are_promised() -> None:
    answer = SqlAnswer(
        answer="x", route="rule", sql="SELECT 1", params={}, columns=["a"], rows=[[1]],
        row_count=1, truncated=False, assumptions=[], clarify=None, confidence=0.9, error=None,
        trace_id="0" * 32,
    )  # fmt: skip
    assert list(to_json(answer)) == [
        "answer", "route", "sql", "params", "columns", "rows", "row_count", "truncated",
        "assumptions", "clarify", "confidence", "error", "trace_id",
    ]  # fmt: skip
