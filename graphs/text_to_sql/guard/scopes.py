"""What stands in a FROM, and which names can be seen from where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from graphs.text_to_sql.catalog import CatalogTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a query gives: names of its columns, `""` where one has none.

    `weight` is how many tables are multiplied in it that nothing connects; a query of one row
    at most weighs nothing.
    """

    columns: tuple[str, ...]
    weight: int

    def renamed(self, names: tuple[str, ...]) -> "Shape":
        """Give the first columns other names, as `t(a, b)` does."""
        return Shape(columns=(*names, *self.columns[len(names) :]), weight=self.weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedQuery:
    """A query of a WITH, and the name that it is given in what runs.

    `reads` is how many tables it reads once the queries that it uses are written out.
    """

    shape: Shape
    written: str
    reads: int = 0
    uses: list[exp.Table] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Source:
    """A thing in a FROM that columns come from."""

    name: str
    shape: Shape
    key: str = ""
    table: CatalogTable | None = None
    named: NamedQuery | None = None
    joined_to: set[int] = field(default_factory=set)
    """Positions of the sources that USING, NATURAL or a lateral query connect it with."""
    narrow: exp.Select | None = None
    """The query that stands in a table's place."""
    used: set[str] = field(default_factory=set)
    whole: bool = False
    """Whether all columns are used: a star or a NATURAL join says so without naming them."""


Ctes = Mapping[str, NamedQuery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a column comes from."""

    scope: "Scope"
    at: int
    name: str

    @property
    def source(self) -> Source:
        """The source itself."""
        return self.scope.sources[self.at]


@dataclass(slots=True, kw_only=True)
class Scope:
    """The sources of one SELECT; `outer` is what it may look out to."""

    outer: "Scope | None" = None
    sources: list[Source] = field(default_factory=list)
    aliases: frozenset[str] = frozenset()

    def outward(self) -> Iterator["Scope"]:
        """Yield this scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def find(self, name: str, qualifier: str | None, schema: str | None = None) -> Found | None:
        """Return where a column comes from; the nearest wins, as the databases have it."""
        for scope in self.outward():
            for at, source in enumerate(scope.sources):
                if qualifier is not None and source.name != qualifier:
                    continue
                if schema is not None and (source.table is None or source.table.schema != schema):
                    continue
                if name in source.shape.columns:
                    return Found(scope=scope, at=at, name=name)
            if qualifier is not None and any(one.name == qualifier for one in scope.sources):
                return None
        return None
