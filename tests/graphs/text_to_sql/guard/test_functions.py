"""The page that lists the allowed functions is right."""

import re
from pathlib import Path

from graphs.text_to_sql.guard.functions import ALLOWED
from providers.sql_types import Dialect

PAGE = Path(__file__).parents[4] / "docs/how-to/datasources.md"


def test_the_page_lists_the_functions_that_are_allowed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"### Functions of (\w+)\n\n```text\n(.*?)```", text, flags=re.DOTALL)
    listed = {name: set(names.split()) for name, names in found}
    assert listed["both"] | listed["PostgreSQL"] == ALLOWED[Dialect.POSTGRES]
    assert listed["both"] | listed["SQLite"] == ALLOWED[Dialect.SQLITE]
