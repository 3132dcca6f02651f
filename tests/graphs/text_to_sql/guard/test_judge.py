"""What the guard lets through, what it refuses, and what it writes instead."""

import pytest

from graphs.text_to_sql.guard import Rule
from providers.sql_types import Dialect
from tests.graphs.text_to_sql.guard.conftest import Judge

P, S = Dialect.POSTGRES, Dialect.SQLITE


def test_a_table_is_read_through_its_tenants_rows_and_shown_columns(ask: Judge) -> None:
    verdict = ask("SELECT c.plate FROM cars c WHERE c.year > 2000 -- all of them")
    assert verdict.allowed
    assert verdict.sql == (
        'SELECT "c"."plate" FROM (SELECT "cicerone_t"."plate", "cicerone_t"."year" '
        'FROM "public"."cars" AS "cicerone_t" '
        'WHERE "cicerone_t"."garage_id" = :cicerone_tenant) AS "c" '
        'WHERE "c"."year" > 2000 LIMIT 51'
    )
    assert verdict.params == {"cicerone_tenant": 7}
    assert verdict.tables == ("cars",)
    assert set(verdict.columns) == {"cars.plate", "cars.year"}


def test_a_star_shows_what_the_policy_shows(ask: Judge) -> None:
    sql = ask("SELECT * FROM cars").sql
    assert '"plate"' in sql
    assert "chassis" not in sql


def test_a_shared_table_has_no_tenant(ask: Judge) -> None:
    verdict = ask("SELECT label FROM colours", tenant=None)
    assert verdict.allowed
    assert not verdict.params


def test_a_masked_column_shows_that_there_is_something(ask: Judge) -> None:
    assert "THEN NULL ELSE '***' END AS \"name\"" in ask("SELECT name FROM mechanics").sql


def test_a_key_that_groups_lets_the_rest_of_its_row_be_shown(ask: Judge) -> None:
    sql = ask(
        "SELECT c.plate, count(*) FROM cars c JOIN visits v ON v.car_id = c.id GROUP BY c.id"
    ).sql
    assert 'GROUP BY "c"."id", "c"."plate"' in sql


@pytest.mark.parametrize(
    ("sql", "end"),
    [
        ("SELECT id FROM cars LIMIT 3", " LIMIT 3"),
        ("SELECT id FROM cars LIMIT 3000 OFFSET 2", " LIMIT 51 OFFSET 2"),
        ("SELECT id FROM cars LIMIT ALL", " LIMIT 51"),
        ("SELECT id FROM cars LIMIT NULL", " LIMIT 51"),
        ("SELECT id FROM cars LIMIT :n", " LIMIT 4"),
        ("SELECT id FROM cars FETCH FIRST 5 ROWS ONLY", " LIMIT 5"),
        ("SELECT id FROM cars UNION SELECT id FROM visits", " LIMIT 51"),
        ("(SELECT id FROM cars LIMIT 900)", " LIMIT 51"),
    ],
)
def test_the_result_is_limited(ask: Judge, sql: str, end: str) -> None:
    assert ask(sql, n=4).sql.endswith(end)


ALLOWED = [
    "SELECT o.owner, count(*) FILTER (WHERE v.price > 3) FROM cars o LEFT JOIN visits v "
    "ON v.car_id = o.id GROUP BY o.owner HAVING count(*) > 1 ORDER BY 2 DESC NULLS LAST",
    "WITH cars AS (SELECT * FROM cars WHERE year > 2000) SELECT * FROM cars",
    'SELECT title FROM "group"',
    "SELECT x.n FROM (SELECT count(*) AS n FROM visits) x",
    "SELECT count FROM (SELECT count(*) FROM visits) x",
    "SELECT plate FROM cars c WHERE EXISTS (SELECT 1 FROM visits WHERE car_id = c.id)",
    "SELECT id, rank() OVER (PARTITION BY car_id ORDER BY price DESC) FROM visits",
    "SELECT c.plate, l.price FROM cars c CROSS JOIN LATERAL (SELECT price FROM visits v "
    "WHERE v.car_id = c.id ORDER BY price DESC LIMIT 1) l",
    "SELECT date_trunc('month', day)::date, sum(price) FROM visits GROUP BY 1",
    "SELECT d.day, count(v.id) FROM generate_series(1, 31) AS d(day) "
    "LEFT JOIN visits v ON v.price = d.day GROUP BY d.day",
    "WITH RECURSIVE up(id, boss_id, depth) AS (SELECT id, boss_id, 1 FROM mechanics UNION ALL "
    "SELECT m.id, m.boss_id, up.depth + 1 FROM mechanics m JOIN up ON m.id = up.boss_id) "
    "SELECT * FROM up",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) "
    "SELECT n.i, count(v.id) FROM n LEFT JOIN visits v ON v.price = n.i GROUP BY n.i",
    "SELECT * FROM (cars c JOIN visits v ON v.car_id = c.id)",
    "SELECT id FROM visits WHERE remark = 'drop table cars; -- ''quoted'' \\ :x'",
    "SELECT public.cars.id FROM public.cars",
    "SELECT soundex(plate) FROM cars",
    "SELECT id FROM cars WHERE plate = ANY (ARRAY['a', 'b']) OR plate ~* '^x' OR year IS NULL",
    "SELECT c.id FROM cars c, (SELECT max(price) AS m FROM visits) a, "
    "(SELECT min(price) AS n FROM visits) b WHERE c.year BETWEEN b.n AND a.m",
    "SELECT v.* FROM visits v JOIN cars USING (garage_id)",
    "SELECT id FROM cars WHERE year > :since",
]


@pytest.mark.parametrize("sql", ALLOWED)
def test_questions_are_let_through(ask: Judge, sql: str) -> None:
    verdict = ask(sql, since=2000)
    assert verdict.allowed, verdict.message


_STEP = "a{1} AS (SELECT x.id FROM a{0} x JOIN a{0} y ON x.id = y.id)"
_STEPS = ", ".join(_STEP.format(at, at + 1) for at in range(20))
DOUBLING = "WITH a0 AS ({}), " + _STEPS + " SELECT a20.id FROM a20 JOIN cars ON cars.id = a20.id"  # noqa: S608
"""Each query of this WITH reads the one before it twice."""

REFUSED = {
    Rule.READ_ONLY: [
        "DELETE FROM cars",
        "EXPLAIN ANALYZE SELECT id FROM cars",
        "WITH x AS (DELETE FROM cars RETURNING id) SELECT id FROM x",
        "SELECT id INTO copy FROM cars",
        "SELECT id FROM cars FOR UPDATE",
        "WITH x AS (SELECT id FROM cars FOR SHARE) SELECT * FROM x",
        "COPY cars TO STDOUT",
        "SET ROLE postgres",
    ],
    Rule.ONE_STATEMENT: ["SELECT id FROM cars; SELECT id FROM cars"],
    Rule.PARSE: ["", " ; ", "SELECT id FROM cars WHERE ((", "SELECT id FROM cars /* open", "\x00"],
    Rule.FUNCTION: [
        "SELECT set_config('a', 'b', true) FROM cars",
        'SELECT "set_config"(plate, plate, true) FROM cars',
        "SELECT pg_sleep(9), id FROM cars",
        "SELECT id FROM cars WHERE plate = pg_read_file('x')",
        "SELECT id FROM cars ORDER BY pg_sleep(1)",
        "SELECT count(*) FILTER (WHERE pg_sleep(1) IS NULL) FROM cars",
        "SELECT sum(id) OVER (ORDER BY pg_sleep(1)) FROM cars",
        "SELECT current_user, id FROM cars",
        "SELECT repeat('x', 100000000) FROM cars",
        "SELECT repeat(plate, id) FROM cars",
        "SELECT * FROM cars, generate_series(1, 10000000)",
        "SELECT * FROM cars, generate_series(1, 9, 0)",
        "SELECT * FROM cars, set_config('a', 'b', true)",
        "SELECT query_to_xml('SELECT 1', true, true, '') FROM cars",
        "SELECT row_to_json(c) FROM cars c",
        "SELECT id FROM cars WHERE EXISTS (TABLE till)",
        "SELECT * FROM cars, unnest(ARRAY[1]) u",
    ],
    Rule.TABLE: [
        "SELECT amount FROM till",
        "SELECT amount FROM public.till",
        "SELECT id FROM cars UNION SELECT id FROM till",
        "SELECT (SELECT max(amount) FROM till) FROM cars",
        "SELECT id FROM cars ORDER BY (SELECT max(amount) FROM till)",
        "SELECT id FROM cars LIMIT (SELECT max(amount) FROM till)",
        "SELECT id FROM cars GROUP BY id HAVING (SELECT count(*) FROM till) > 0",
        "WITH till AS (SELECT * FROM till) SELECT * FROM till",
        "WITH cars AS (SELECT * FROM till) SELECT * FROM cars",
        "SELECT t.amount FROM till t, (WITH till AS (SELECT 1 AS amount) SELECT * FROM till) x",
        "SELECT id FROM cars NATURAL JOIN till",
        "SELECT id FROM (cars JOIN till USING (id))",
        "SELECT usename FROM pg_catalog.pg_user",
        "SELECT tablename FROM pg_tables",
        "SELECT table_name FROM information_schema.tables",
        "SELECT * FROM other.cars",
    ],
    Rule.COLUMN: [
        "SELECT chassis FROM cars",
        "SELECT c.chassis FROM cars c",
        "SELECT id FROM cars WHERE chassis LIKE 'a%'",
        "SELECT id FROM cars ORDER BY chassis",
        "SELECT a.id FROM cars a JOIN cars b USING (chassis)",
        "SELECT x.chassis FROM (SELECT * FROM cars) x",
        "SELECT garage_id FROM mechanics",
        "SELECT ctid FROM cars",
        "SELECT xmin, tableoid FROM cars",
        "SELECT c FROM cars c",
        "SELECT c::text FROM cars c",
        "SELECT count(c) FROM cars c",
        "SELECT nobody.id FROM cars",
        "SELECT till.amount FROM cars",
        "SELECT c.id FROM cars c WHERE cars.id = 1",
        "SELECT v.id FROM cars c JOIN (SELECT id FROM visits WHERE car_id = c.id) v ON true",
    ],
    Rule.SYNTAX: [
        "SELECT c.*::text FROM cars c",
        "SELECT (c).plate FROM cars c",
        "SELECT pg_catalog.now() FROM cars",
        "SELECT * FROM ONLY cars",
        "SELECT * FROM cars TABLESAMPLE SYSTEM (10)",
        "SELECT * FROM db.public.cars",
        "SELECT E'x' FROM cars",
        "SELECT $$x$$ FROM cars",
        "SELECT U&'x' FROM cars",
        'SELECT plate COLLATE "de_DE.utf8" FROM cars',
        "SELECT id FROM cars WHERE id = $1",
        "SELECT * EXCEPT (id) FROM cars",
        "WITH a AS (SELECT id FROM cars), a AS (SELECT 1) SELECT * FROM a",
        "SELECT id FROM ((cars) JOIN till USING (id))",
        "SELECT id AS " + "x" * 64 + " FROM cars",
    ],
    Rule.TYPE: [
        "SELECT 'till'::regclass, id FROM cars",
        "SELECT CAST(id AS oid) FROM cars",
        "SELECT id::my_type FROM cars",
    ],
    Rule.NO_TABLE: [
        "SELECT 1",
        "SELECT * FROM (VALUES (1)) v",
        "SELECT * FROM generate_series(1, 2)",
    ],
    Rule.UNCONNECTED: [
        "SELECT 1 FROM cars a, cars b, cars c",
        "SELECT 1 FROM cars a, cars b, cars c WHERE a.id = b.id OR 1 = 1",
        "SELECT 1 FROM cars a JOIN cars b ON true JOIN cars c ON a.id <> c.id",
        "SELECT 1 FROM (SELECT a.id FROM cars a, cars b) x, cars c",
        "WITH x AS (SELECT a.id FROM cars a, cars b) SELECT 1 FROM x, cars",
    ],
    Rule.RECURSION: [
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r, cars",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n - 1 FROM r WHERE n < 9) "
        "SELECT n FROM r, cars",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1000000000) "
        "SELECT n FROM r, cars",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r, cars WHERE n < 9) "
        "SELECT n FROM r",
        "WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || s FROM r "
        "WHERE n < 99) SELECT n FROM r, cars",
        "WITH RECURSIVE r(g) AS (SELECT garage_id FROM cars UNION ALL SELECT c.garage_id "
        "FROM cars c JOIN r ON c.garage_id = r.g) SELECT g FROM r",
    ],
    Rule.LIMIT: ["SELECT id FROM cars LIMIT 2 + 2", "SELECT id FROM cars LIMIT '5'"],
    Rule.PARAMETER: [
        "SELECT id FROM cars WHERE id = :nobody",
        "SELECT id FROM cars WHERE garage_id = :cicerone_tenant",
    ],
    Rule.TOO_LONG: [
        "SELECT id FROM cars WHERE plate = '" + "x" * 20_001 + "'",
        DOUBLING.format("SELECT id FROM cars"),
        DOUBLING.format("SELECT 1 AS id"),
    ],
    Rule.TOO_DEEP: ["SELECT " + "(" * 60 + "1" + ")" * 60 + " FROM cars"],
}


@pytest.mark.parametrize(
    ("rule", "sql"), [(rule, sql) for rule, some in REFUSED.items() for sql in some]
)
def test_the_rest_is_refused(ask: Judge, rule: Rule, sql: str) -> None:
    verdict = ask(sql)
    assert not verdict.allowed
    assert verdict.rule is rule, verdict.message
    assert verdict.sql == ""
    assert verdict.message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT rowid FROM cars",
        'SELECT "chassis" FROM cars',
        'SELECT id FROM cars WHERE plate = "a text in double quotes"',
        "SELECT id FROM cars, pragma_table_info('till')",
        "SELECT name FROM sqlite_master",
        "SELECT id FROM temp.cars",
        "SELECT load_extension('x') FROM cars",
        "SELECT printf('%9999999d', id) FROM cars",
        "SELECT printf(plate) FROM cars",
        "SELECT zeroblob(9) FROM cars",
        "SELECT id FROM cars INDEXED BY x",
        "SELECT id FROM cars WHERE plate MATCH 'x'",
        "SELECT id FROM cars LIMIT -1",
        "SELECT id FROM cars WHERE id = ?",
        "SELECT id FROM cars WHERE id = @x",
        "PRAGMA table_info(cars)",
        "WITH cars AS (SELECT * FROM till) SELECT * FROM cars",
        "REPLACE INTO cars (id) VALUES (1)",
    ],
)
def test_sqlites_own_ways_are_refused(ask: Judge, sql: str) -> None:
    assert not ask(sql, S).allowed


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT strftime('%Y', day), group_concat(remark, ', ') FROM visits GROUP BY 1",
        "SELECT [title], `title` FROM \"group\" WHERE title GLOB 'a*' AND id == 1",
        "SELECT printf('%.2f', price), CAST(price AS REAL) FROM main.visits LIMIT 2, 3",
        "SELECT CASE WHEN replace(plate, 'a', 'b') IS NOT NULL THEN 1 END FROM Cars",
        "WITH RECURSIVE d(x) AS (SELECT date('2024-01-01') UNION ALL SELECT date(x, '+1 day') "
        "FROM d WHERE x < '2024-02-01') SELECT x, count(id) FROM d LEFT JOIN visits ON day = x",
    ],
)
def test_sqlites_own_words_are_let_through(ask: Judge, sql: str) -> None:
    verdict = ask(sql, S)
    assert verdict.allowed, verdict.message


def test_names_are_compared_as_postgresql_does(ask: Judge) -> None:
    assert ask("SELECT ID FROM Cars").allowed
    assert not ask('SELECT id FROM "Cars"').allowed
    assert ask("SELECT ID FROM cars").sql.startswith('SELECT "id"')


def test_without_a_tenant_no_tenants_table_is_read(ask: Judge) -> None:
    assert ask("SELECT id FROM cars", tenant=None).rule is Rule.TENANT


def test_the_tenants_value_takes_the_type_of_its_column(ask: Judge) -> None:
    assert ask("SELECT id FROM cars", tenant="7").params == {"cicerone_tenant": 7}
    assert ask("SELECT id FROM cars", tenant="7 OR 1=1").rule is Rule.TENANT


def test_values_are_bound_and_never_written(ask: Judge) -> None:
    verdict = ask("SELECT id FROM cars WHERE plate = :plate", plate="x' OR '1'='1")
    assert ":plate" in verdict.sql
    assert "OR" not in verdict.sql
    assert verdict.params["plate"] == "x' OR '1'='1"


def test_a_series_of_unknown_length_is_bounded(ask: Judge) -> None:
    sql = ask("SELECT g, id FROM cars, generate_series(1, (SELECT max(year) FROM cars)) g").sql
    assert "LEAST(" in sql
    assert "100000" in sql


@pytest.mark.parametrize("part", ["NOT ", "-", "CASE WHEN 1=1 THEN ", "id + ", "id = 1 OR "])
def test_long_chains_end_in_an_answer(ask: Judge, part: str) -> None:
    ends = " END" * 600 if part.startswith("CASE") else ""
    verdict = ask("SELECT id FROM cars WHERE " + part * 600 + " id" + ends)
    assert verdict.allowed or verdict.rule in {Rule.TOO_DEEP, Rule.TOO_LONG, Rule.PARSE}
