from pathlib import Path

import psycopg
import pytest

from cli.dump_statements import Statement, statements_of
from cli.loading_dumps import load_dumps
from cli.problems import UsageProblemError

DUMP = """\\restrict abc
-- a comment; with 'an end
SET client_encoding = 'UTF8';
CREATE TABLE public.parts (name text, "a;b" int); /* ; */
ALTER TABLE public.parts OWNER TO nobody_here;
INSERT INTO public.parts VALUES ('it''s; one', 1), ('100%', -2);
COPY public.parts (name, "a;b") FROM stdin;
gear; and \\\\.\t3
\\N\t4
\\.

CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $_$ SELECT 1; $_$;
\\unrestrict abc
"""


def test_a_dump_is_cut_into_statements() -> None:
    found = list(statements_of(DUMP))
    assert [one.sql.split()[0] for one in found] == [
        "SET", "CREATE", "ALTER", "INSERT", "COPY", "CREATE",
    ]  # fmt: skip
    assert found[4].rows == "gear; and \\\\.\t3\n\\N\t4\n"
    assert [one.is_content for one in found] == [False, True, False, True, True, False]


def test_the_last_statement_needs_no_semicolon() -> None:
    assert list(statements_of("SELECT 1 - 2; SELECT 2")) == [
        Statement("SELECT 1 - 2"),
        Statement("SELECT 2"),
    ]


@pytest.mark.integration
def test_dumps_are_loaded_each_into_its_own_database(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "depot.sql").write_text(DUMP, encoding="utf-8")
    (tmp_path / "broken.sql").write_text("INSERT INTO nowhere VALUES (1);", encoding="utf-8")
    url = postgres.replace("postgresql+psycopg://", "postgresql://")

    for _ in range(2):  # the second replaces the first
        loaded = load_dumps(url, tmp_path, ["depot"])["depot"]
    with psycopg.connect(loaded) as database:
        rows = database.execute('SELECT name, "a;b" FROM parts ORDER BY 2').fetchall()
    assert rows == [("100%", -2), ("it's; one", 1), ("gear; and \\.", 3), (None, 4)]
    with pytest.raises(UsageProblemError, match=r"broken\.sql: INSERT INTO nowhere"):
        load_dumps(url, tmp_path, ["broken"])


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageProblemError, match="--url"):
        load_dumps("postgresql://nobody@127.0.0.1:1/none", tmp_path, ["depot"])
