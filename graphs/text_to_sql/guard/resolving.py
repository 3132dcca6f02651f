"""Finds out what every name of a statement means, and rewrites what reads a table.

A table is replaced by a query of the columns that the policy shows and the rows of the
tenant; a query of a WITH is given a new name. So what runs cannot read anything else even
where a database would understand a name in another way than this module does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp

from graphs.text_to_sql.catalog import Catalog
from graphs.text_to_sql.guard.functions import SERIES, check_series
from graphs.text_to_sql.guard.joins import check_connected
from graphs.text_to_sql.guard.naming import Names
from graphs.text_to_sql.guard.recursion import check_recursion
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.scopes import Ctes, Found, NamedQuery, Scope, Shape, Source
from graphs.text_to_sql.guard.verdict import Rule
from graphs.text_to_sql.guard.writing import group_by_key, narrowed, prune
from providers.sql_types import Dialect

MAX_READS = 200
_SELECT_PARTS = ("where", "group", "having", "windows", "order", "limit", "offset")


@dataclass(frozen=True, slots=True)
class _Written:
    """How a query of a WITH is named: as it was, anew, and its columns."""

    name: str
    anew: str
    columns: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Resolver:
    """Resolves one statement; `tables` and `columns` collect what it reads."""

    catalog: Catalog
    tenant: str | int | None
    names: Names
    tables: dict[str, None] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    found: dict[int, Found] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    _count: int = 0
    _reads: int = 0

    def query(self, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Shape:
        """Resolve a query and return what it gives."""
        ctes = self._with(node, outer, ctes)
        if isinstance(node, exp.Select):
            return self._select(node, outer, ctes)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, outer, ctes)
        if isinstance(node, exp.Values):
            return self._values(node, outer, ctes)
        if not isinstance(node, exp.Subquery) or node.args.get("joins"):
            raise RefusedError(Rule.SYNTAX, "a table cannot stand in place of a query")
        shape = self.query(node.this, outer, ctes)
        self._modifiers(node, shape, outer, ctes)
        return _limited(node, shape)

    def finish(self) -> None:
        """Leave out of the tables' queries what the statement turned out not to use."""
        for source in self.sources:
            prune(source, self.names)

    # --- WITH

    def _with(self, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Ctes:
        with_ = node.args.get("with_")
        if with_ is None:
            return ctes
        seen = dict(ctes)
        recursive = bool(with_.args.get("recursive")) or self.catalog.dialect is Dialect.SQLITE
        here: set[str] = set()
        for cte in with_.expressions:
            name = self.names.of(cte.args["alias"].this)
            if name in here:
                raise RefusedError(Rule.SYNTAX, f"WITH names {name[:80]!r} twice")
            here.add(name)
            before = self._reads
            named = self._named(cte, name, outer, seen, recursive=recursive)
            seen[name] = replace(named, reads=self._reads - before)
        return seen

    def _named(
        self, cte: exp.CTE, name: str, outer: Scope | None, seen: Ctes, *, recursive: bool
    ) -> NamedQuery:
        alias = cte.args["alias"]
        columns = self.names.all_of(alias.args.get("columns"))
        self._count += 1
        written = f"{name}_q{self._count}"
        alias.set("this", exp.to_identifier(written, quoted=True))
        body = cte.this
        if recursive and isinstance(body, exp.SetOperation):
            return self._recursive(body, _Written(name, written, columns), outer, seen)
        shape = self.query(body, outer, seen).renamed(columns)
        return NamedQuery(shape=shape, written=written)

    def _recursive(
        self, body: exp.SetOperation, written: "_Written", outer: Scope | None, seen: Ctes
    ) -> NamedQuery:
        inner = self._with(body, outer, seen)
        first = self.query(body.this, outer, inner).renamed(written.columns)
        rows = Shape(columns=first.columns, weight=max(first.weight, 1))
        named = NamedQuery(shape=rows, written=written.anew)
        second = self.query(body.expression, outer, {**inner, written.name: named})
        self._modifiers(body, first, outer, inner)
        if not named.uses:
            return NamedQuery(shape=_limited(body, _either(first, second)), written=written.anew)
        check_recursion(body, named, self.found, self.names)
        return NamedQuery(shape=rows, written=written.anew)

    # --- queries

    def _set_operation(self, node: exp.SetOperation, outer: Scope | None, ctes: Ctes) -> Shape:
        first = self.query(node.this, outer, ctes)
        shape = _either(first, self.query(node.expression, outer, ctes))
        self._modifiers(node, shape, outer, ctes)
        return _limited(node, shape)

    def _modifiers(self, node: exp.Expr, shape: Shape, outer: Scope | None, ctes: Ctes) -> None:
        scope = Scope(outer=outer, aliases=frozenset(shape.columns))
        for part in ("order", "limit", "offset"):
            self._expression(node.args.get(part), scope, ctes)

    def _values(self, node: exp.Values, outer: Scope | None, ctes: Ctes) -> Shape:
        self._expressions(node.expressions, Scope(outer=outer), ctes)
        rows = node.expressions
        wide = len(rows[0].expressions) if rows and isinstance(rows[0], exp.Tuple) else 1
        return Shape(
            columns=tuple(f"column{at}" for at in range(1, wide + 1)), weight=int(len(rows) > 1)
        )

    def _select(self, node: exp.Select, outer: Scope | None, ctes: Ctes) -> Shape:
        scope = Scope(outer=outer)
        from_ = node.args.get("from_")
        if from_ is not None:
            self._from(from_.this, scope, ctes)
        for join in node.args.get("joins") or ():
            self._join(join, scope, ctes)
        for lateral in node.args.get("laterals") or ():
            self._from(lateral, scope, ctes)
        self._expressions(node.expressions, scope, ctes)
        self._expression(node.args.get("distinct"), scope, ctes)
        columns = self._outputs(node, scope)
        scope.aliases = frozenset(columns)
        for part in _SELECT_PARTS:
            self._expression(node.args.get(part), scope, ctes)
        if self.catalog.dialect is Dialect.POSTGRES:
            group_by_key(node, scope, self.found)
        weight = check_connected(node, scope, self.found)
        return _limited(node, Shape(columns=columns, weight=weight))

    def _outputs(self, node: exp.Select, scope: Scope) -> tuple[str, ...]:
        columns: list[str] = []
        for one in node.expressions:
            if isinstance(one, exp.Star):
                for source in scope.sources:
                    self._read_all(source)
                columns.extend(name for source in scope.sources for name in source.shape.columns)
            elif isinstance(one, exp.Column) and isinstance(one.this, exp.Star):
                columns.extend(self._star(one, scope).shape.columns)
            else:
                columns.append(self.names.output(one))
        return tuple(columns)

    def _star(self, column: exp.Column, scope: Scope) -> Source:
        wanted = self.names.of(column.args["table"])
        for source in scope.sources:
            if source.name == wanted and not column.args.get("db"):
                return source
        raise RefusedError(Rule.COLUMN, f"there is no table {wanted[:80]!r} in FROM")

    # --- FROM

    def _from(self, node: exp.Expr, scope: Scope, ctes: Ctes) -> None:
        """Add what stands in a FROM to the scope, with what is joined to it inside brackets."""
        if isinstance(node, exp.Table):
            scope.sources.append(self._table(node, scope, ctes))
        elif isinstance(node, exp.Lateral):
            self._lateral(node, scope, ctes)
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
            if node.args.get("alias") or node.args.get("with_"):
                raise RefusedError(Rule.SYNTAX, "a join in brackets cannot have a name")
            self._from(node.this, scope, ctes)
        elif isinstance(node, exp.Subquery | exp.Values):
            scope.sources.append(self._derived(node, scope.outer, ctes))
        else:
            raise RefusedError(Rule.SYNTAX, f"{node.key} is not allowed in FROM")
        for join in _own_joins(node):
            self._join(join, scope, ctes)

    def _join(self, join: exp.Join, scope: Scope, ctes: Ctes) -> None:
        before = len(scope.sources)
        self._from(join.this, scope, ctes)
        for name in self.names.all_of(join.args.get("using")):
            self._using(name, scope, before)
        if join.method == "NATURAL":
            for source in scope.sources:
                self._read_all(source)
            for name in scope.sources[before].shape.columns:
                self._natural(name, scope, before)
        self._expression(join.args.get("on"), scope, ctes)

    def _using(self, name: str, scope: Scope, before: int) -> None:
        left = [at for at in range(before) if name in scope.sources[at].shape.columns]
        if not left or name not in scope.sources[before].shape.columns:
            raise RefusedError(Rule.COLUMN, f"USING names a column {name[:80]!r} that is not there")
        scope.sources[before].joined_to.add(left[0])
        for at in (*left, before):
            self._read(scope.sources[at], name)

    def _natural(self, name: str, scope: Scope, before: int) -> None:
        left = [at for at in range(before) if name in scope.sources[at].shape.columns]
        scope.sources[before].joined_to.update(left[:1])

    def _lateral(self, node: exp.Lateral, scope: Scope, ctes: Ctes) -> None:
        if not isinstance(node.this, exp.Subquery):
            raise RefusedError(Rule.SYNTAX, "LATERAL takes a query")
        before = len(scope.sources)
        known = set(self.found)
        shape = self.query(node.this, scope, ctes)
        source = Source(
            name=self.names.alias(node), shape=shape.renamed(self.names.alias_columns(node))
        )
        new = (self.found[one] for one in self.found.keys() - known)
        source.joined_to = {one.at for one in new if one.scope is scope and one.at < before}
        scope.sources.append(source)

    def _derived(self, node: exp.Expr, outer: Scope | None, ctes: Ctes) -> Source:
        shape = self.query(node, outer, ctes)
        return Source(
            name=self.names.alias(node), shape=shape.renamed(self.names.alias_columns(node))
        )

    def _table(self, node: exp.Table, scope: Scope, ctes: Ctes) -> Source:
        renamed = self.names.alias_columns(node)
        if isinstance(node.this, exp.Anonymous):
            return self._series(node, renamed, scope, ctes)
        if not isinstance(node.this, exp.Identifier):
            raise RefusedError(Rule.SYNTAX, f"{node.this.key} is not allowed in FROM")
        name = self.names.of(node.this)
        alias = self.names.alias(node) or name
        named = ctes.get(name)
        if named is not None and not node.args.get("db"):
            self._use(node, named, alias)
            self._read_more(max(named.reads, 1))
            return Source(name=alias, shape=named.shape.renamed(renamed), named=named)
        key = self.names.table_key(name, node)
        table = self.catalog.tables[key]
        if table.tenant_column is not None and self.tenant is None:
            raise RefusedError(
                Rule.TENANT, f"{key} is compared with a tenant, and no tenant is given"
            )
        self.tables[key] = None
        self._read_more(1)
        columns = tuple(self.names.fold(column) for column in table.columns)
        narrow = narrowed(node, table, alias, self.catalog.dialect)
        shape = Shape(columns=columns, weight=1).renamed(renamed)
        source = Source(name=alias, shape=shape, key=key, table=table, narrow=narrow)
        source.whole = bool(renamed)
        self.sources.append(source)
        return source

    def _read_more(self, reads: int) -> None:
        """Count what is read: SQLite writes queries of a WITH out, and again inside each other."""
        self._reads += reads
        if self._reads > MAX_READS:
            raise RefusedError(
                Rule.TOO_LONG, f"tables are read more than {MAX_READS} times, WITH written out"
            )

    def _use(self, node: exp.Table, named: NamedQuery, alias: str) -> None:
        named.uses.append(node)
        node.set("this", exp.to_identifier(named.written, quoted=True))
        if not node.args.get("alias"):
            name = exp.to_identifier(alias, quoted=True)
            node.set("alias", exp.TableAlias(this=name))
        elif node.args["alias"].this is None:
            node.args["alias"].set("this", exp.to_identifier(alias, quoted=True))

    def _series(
        self, node: exp.Table, renamed: tuple[str, ...], scope: Scope, ctes: Ctes
    ) -> Source:
        if self.catalog.dialect is not Dialect.POSTGRES:
            raise RefusedError(Rule.FUNCTION, f"{node.this.name[:80]} is not allowed in FROM")
        check_series(node.this)
        self._expressions(node.this.expressions, scope, ctes)
        alias = self.names.alias(node) or SERIES
        shape = Shape(columns=(alias,), weight=1).renamed(renamed)
        return Source(name=alias, shape=shape)

    # --- expressions

    def _expressions(self, nodes: list[exp.Expr], scope: Scope, ctes: Ctes) -> None:
        for node in nodes:
            self._expression(node, scope, ctes)

    def _expression(self, node: exp.Expr | list[exp.Expr] | None, scope: Scope, ctes: Ctes) -> None:
        waiting = list(node) if isinstance(node, list) else [node] if node is not None else []
        while waiting:
            one = waiting.pop()
            if isinstance(one, exp.Column):
                self._column(one, scope)
            elif isinstance(one, exp.Query | exp.Values):
                self.query(one, scope, ctes)
            else:
                waiting.extend(one.iter_expressions())

    def _column(self, node: exp.Column, scope: Scope) -> None:
        table = node.args.get("table")
        if isinstance(node.this, exp.Star):
            self._read_all(self._star(node, scope))
            return
        name = self.names.of(node.this)
        qualifier = self.names.of(table) if table is not None else None
        schema = self.names.of(node.args["db"]) if node.args.get("db") else None
        found = scope.find(name, qualifier, self.names.schema(schema))
        if found is not None:
            self.found[id(node)] = found
            if qualifier is None:
                _keep_doubts(name, found.scope)
            node.set("db", None)
            self._read(found.source, name)
        elif qualifier is not None or not any(name in one.aliases for one in scope.outward()):
            shown = f"{qualifier}.{name}" if qualifier else name
            raise RefusedError(Rule.COLUMN, f"there is no column {shown[:160]!r} that may be read")

    def _read(self, source: Source, name: str) -> None:
        source.used.add(name)
        if source.key:
            self.columns[f"{source.key}.{name}"] = None

    def _read_all(self, source: Source) -> None:
        source.whole = True
        for name in source.shape.columns:
            self._read(source, name)


def _keep_doubts(name: str, scope: Scope) -> None:
    """Keep a column wherever it could come from, so that the database says it is ambiguous."""
    for source in scope.sources:
        source.used.add(name)


def _own_joins(node: exp.Expr) -> Iterator[exp.Join]:
    yield from node.args.get("joins") or ()


def _either(first: Shape, second: Shape) -> Shape:
    """Two queries below each other have the first one's names, and more than one row."""
    return Shape(columns=first.columns, weight=max(first.weight, second.weight, 1))


def _limited(node: exp.Expr, shape: Shape) -> Shape:
    """A query of one row at most weighs nothing."""
    limit = node.args.get("limit")
    given = limit.args.get("expression") if isinstance(limit, exp.Limit) else None
    if isinstance(given, exp.Literal) and given.name in {"0", "1"}:
        return Shape(columns=shape.columns, weight=0)
    return shape
