"""Makes statements that read a tenant's tables in every way the guard lets through.

Each is complete and unambiguous, so that two databases with the same rows answer alike: a limit
comes with an order by all columns, and sums are of whole numbers. Many try to see more than
their tenant's rows.
"""

# ruff: noqa: S608 - to make statements is the point, and nothing in them comes from outside

from dataclasses import dataclass
from random import Random
from typing import TypeVar

from evals.sql_tenants.world import COLUMNS, NUMBERS

T = TypeVar("T")
_DEPTH = 2
_JOINS = ("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
_WIDER = ("tenant <> 7", "tenant = 8", "tenant IN (8, 9)", "1 = 1", "tenant IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Part:
    """Something in a FROM: how columns are qualified, and its columns."""

    name: str
    columns: tuple[str, ...]


def statement(chance: Random) -> str:
    """Make one statement."""
    return _Maker(chance).whole()


class _Maker:
    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._count = 0
        self._ctes: list[Part] = []

    def whole(self) -> str:
        with_ = ""
        if self._maybe(0.35):
            body, columns = self.query(_DEPTH - 1, named=True)
            # A query that is named like a table hides it from then on.
            name = self._pick([*COLUMNS, "hidden", "q"])
            self._ctes.append(Part(name, columns))
            with_ = f"WITH {name} AS ({body}) "
        body, columns = self.query(_DEPTH, named=False)
        if self._maybe(0.3):
            other, _ = self.query(1, named=False, width=len(columns), like=columns)
            body += f" {self._pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'])} {other}"
        if self._maybe(0.3):
            places = ", ".join(map(str, range(1, len(columns) + 1)))
            body += f" ORDER BY {places} LIMIT {self._chance.randint(0, 9)}"
            if self._maybe(0.3):
                body += f" OFFSET {self._chance.randint(0, 3)}"
        return with_ + body

    def query(
        self, depth: int, *, named: bool, width: int | None = None, like: tuple[str, ...] = ()
    ) -> tuple[str, tuple[str, ...]]:
        """Make a SELECT; `named` gives each column a name of its own."""
        from_, parts = self.from_(depth)
        where = f" WHERE {self.condition(parts, depth)}" if self._maybe(0.7) else ""
        if width is None and self._maybe(0.3):
            return self.grouped(from_, parts, where)
        if width is None and not named and self._maybe(0.25):
            star, columns = self.star(parts)
            return f"SELECT {star} FROM {from_}{where}", columns
        kinds = [self._is_number(one) for one in like] or [
            self._maybe(0.6) for _ in range(width or self._chance.randint(1, 3))
        ]
        shown, names = [], []
        for number in kinds:
            names.append(self._fresh("n" if number else "t"))
            shown.append(f"{self.value(parts, depth, number=number)} AS {names[-1]}")
        distinct = "DISTINCT " if self._maybe(0.15) else ""
        return f"SELECT {distinct}{', '.join(shown)} FROM {from_}{where}", tuple(names)

    def grouped(self, from_: str, parts: list[Part], where: str) -> tuple[str, tuple[str, ...]]:
        key, total = self._fresh("n"), self._fresh("n")
        column = self.column(parts, number=True)
        sum_ = self._pick(["count(*)", f"count({column})", f"sum({column})", f"max({column})"])
        if self._maybe(0.3):
            sum_ = f"count(DISTINCT {column})"
        by = self.column(parts, number=True)
        having = " HAVING count(*) > 1" if self._maybe(0.3) else ""
        if self._maybe(0.3):
            return f"SELECT {sum_} AS {total} FROM {from_}{where}", (total,)
        text = f"SELECT {by} AS {key}, {sum_} AS {total} FROM {from_}{where} GROUP BY {by}{having}"
        return text, (key, total)

    def star(self, parts: list[Part]) -> tuple[str, tuple[str, ...]]:
        one = self._pick(parts)
        if len(parts) == 1 and self._maybe(0.5):
            return "*", one.columns
        return f"{one.name}.*", one.columns

    def from_(self, depth: int) -> tuple[str, list[Part]]:
        first, part = self.source(depth)
        text, parts = first, [part]
        for _ in range(self._chance.choice([0, 0, 1, 1, 2])):
            more, other = self.source(depth)
            left = self._pick(parts)
            join = self._pick(_JOINS)
            on = f"{self._of(left, number=True)} = {self._of(other, number=True)}"
            if self._maybe(0.1) and len(parts) == 1:
                text += f" CROSS JOIN {more}"
            else:
                if self._maybe(0.2) and "FULL" not in join:
                    on += f" AND {self.simple([left, other])}"
                text += f" {join} {more} ON {on}"
            parts.append(other)
        return text, parts

    def source(self, depth: int) -> tuple[str, Part]:
        alias = self._fresh("a") if self._maybe(0.8) else self._fresh("hidden")
        if depth > 0 and self._maybe(0.25):
            body, columns = self.query(depth - 1, named=True)
            return f"({body}) AS {alias}", Part(alias, columns)
        if self._ctes and self._maybe(0.4):
            return f"{self._ctes[0].name} AS {alias}", Part(alias, self._ctes[0].columns)
        hidden = {one.name for one in self._ctes}
        table = self._pick([one for one in COLUMNS if one not in hidden])
        return f"{table} AS {alias}", Part(alias, COLUMNS[table])

    def condition(self, parts: list[Part], depth: int) -> str:
        if depth > 0 and self._maybe(0.15):
            return f"{self.condition(parts, depth - 1)} OR {self.condition(parts, 0)}"
        if self._maybe(0.2):
            return f"({self.simple(parts)} AND NOT ({self.simple(parts)}))"
        if depth > 0 and self._maybe(0.3):
            return self.inner(parts, depth)
        if self._maybe(0.4):
            wide = [one for one in parts if "tenant" in one.columns]
            if wide:
                return self._pick(_WIDER).replace("tenant", f"{self._pick(wide).name}.tenant")
        return self.simple(parts)

    def inner(self, parts: list[Part], depth: int) -> str:
        from_, own = self.from_(depth - 1)
        outer, inner = self.column(parts, number=True), self.column(own, number=True)
        if self._maybe(0.4):
            no = self._pick(["", "NOT "])
            return f"{no}EXISTS (SELECT 1 FROM {from_} WHERE {inner} = {outer})"
        if self._maybe(0.7):
            no = self._pick(["", "NOT "])
            return f"{outer} {no}IN (SELECT {inner} FROM {from_} WHERE {self.simple(own)})"
        return f"{outer} > (SELECT min({inner}) FROM {from_})"

    def simple(self, parts: list[Part]) -> str:
        column = self.column(parts, number=True)
        return self._pick(
            [
                f"{column} {self._pick(['=', '<', '>=', '<>'])} {self._chance.randint(0, 12)}",
                f"{column} IS {self._pick(['', 'NOT '])}NULL",
                f"{column} BETWEEN 1 AND {self._chance.randint(1, 15)}",
                f"{column} IN (1, 2, 8, {self._chance.randint(3, 18)})",
            ]
        )

    def value(self, parts: list[Part], depth: int, *, number: bool) -> str:
        if not number:
            text = self.column(parts, number=False)
            return self._pick([text, f"upper({text})", f"coalesce({text}, 'none')"])
        column = self.column(parts, number=True)
        if self._maybe(0.5):
            return column
        if self._maybe(0.2):
            return f"coalesce({column}, 0) + {self._chance.randint(1, 5)}"
        if self._maybe(0.4):
            return f"CASE WHEN {self.simple(parts)} THEN {column} ELSE 0 END"
        if depth > 0 and self._maybe(0.6):
            from_, own = self.from_(0)
            inner = self.column(own, number=True)
            return f"(SELECT count(*) FROM {from_} WHERE {inner} = {column})"
        return f"count(*) OVER (PARTITION BY {column})"

    def column(self, parts: list[Part], *, number: bool) -> str:
        return self._of(self._pick(parts), number=number)

    def _of(self, part: Part, *, number: bool) -> str:
        fitting = [one for one in part.columns if self._is_number(one) is number]
        if fitting:
            return f"{part.name}.{self._pick(fitting)}"
        return "1" if number else "'none'"

    @staticmethod
    def _is_number(column: str) -> bool:
        return column in NUMBERS or column.startswith("n_")

    def _fresh(self, start: str) -> str:
        self._count += 1
        return f"{start}_{self._count}"

    def _maybe(self, chance: float) -> bool:
        return self._chance.random() < chance

    def _pick(self, among: list[T] | tuple[T, ...]) -> T:
        return among[self._chance.randrange(len(among))]
