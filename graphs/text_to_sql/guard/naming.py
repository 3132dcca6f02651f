"""How names are compared and written: as the database would, and always quoted."""

from dataclasses import dataclass

from sqlglot import exp

from graphs.text_to_sql.catalog import Catalog
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.verdict import Rule
from providers.sql_types import Dialect

_ASCII = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_MAX = 63


@dataclass(slots=True)
class Names:
    """Names as one database compares them.

    SQLite ignores the case of ASCII letters. PostgreSQL makes what is not quoted lower-case and
    compares exactly; longer names than 63 bytes it would cut, so they are refused.
    """

    catalog: Catalog

    def of(self, node: exp.Expr | None) -> str:
        """Return the name that an identifier stands for."""
        if not isinstance(node, exp.Identifier):
            raise RefusedError(Rule.SYNTAX, "a name is expected")
        name = node.name
        if len(name.encode()) > _MAX:
            raise RefusedError(Rule.SYNTAX, f"a name is longer than {_MAX} bytes")
        if self.catalog.dialect is Dialect.SQLITE or not node.args.get("quoted"):
            return name.translate(_ASCII)
        return name

    def fold(self, name: str) -> str:
        """Return a name of the catalog as `of` returns it for an identifier that means it."""
        return name.translate(_ASCII) if self.catalog.dialect is Dialect.SQLITE else name

    def all_of(self, nodes: list[exp.Expr] | None) -> tuple[str, ...]:
        """Return several names."""
        return tuple(self.of(_identifier(node)) for node in nodes or ())

    def alias(self, node: exp.Expr) -> str:
        """Return the name that something in a FROM is given, or an empty text."""
        alias = node.args.get("alias")
        return self.of(alias.this) if alias is not None and alias.this is not None else ""

    def alias_columns(self, node: exp.Expr) -> tuple[str, ...]:
        """Return the names that `t(a, b)` gives to columns."""
        alias = node.args.get("alias")
        return self.all_of(alias.args.get("columns")) if alias is not None else ()

    def schema(self, name: str | None) -> str | None:
        """Return a schema as tables name it: SQLite's one has no name there."""
        return "" if name == "main" and self.catalog.dialect is Dialect.SQLITE else name

    def table_key(self, name: str, node: exp.Table) -> str:
        """Return the key of the catalog's table that a name means.

        Without a schema it is that of `public`, or the only one that is exposed in any schema.

        Raises:
            RefusedError: the policy shows no such table.
        """
        written = self.of(node.args["db"]) if node.args.get("db") else None
        schema = self.schema(written)
        matching = {
            table.schema: key
            for key, table in self.catalog.tables.items()
            if self.fold(table.name) == name
        }
        if schema is None:
            default = "" if self.catalog.dialect is Dialect.SQLITE else "public"
            only = next(iter(matching)) if len(matching) == 1 else default
            schema = default if default in matching else only
        if schema not in matching:
            shown = name if written is None else f"{written}.{name}"
            raise RefusedError(Rule.TABLE, f"there is no table {shown[:160]!r} that may be read")
        return matching[schema]

    def output(self, node: exp.Expr) -> str:
        """Return the name of a column that a query gives, or an empty text."""
        return output_name(node, self)

    def quote(self, root: exp.Expr) -> None:
        """Quote every name of a statement as the database would understand it unquoted."""
        for node in root.find_all(exp.Identifier):
            if self.catalog.dialect is Dialect.POSTGRES and not node.args.get("quoted"):
                node.set("this", node.name.translate(_ASCII))
            node.set("quoted", True)


def output_name(node: exp.Expr, names: Names) -> str:
    """Return the name that a database gives to a column of a result."""
    if isinstance(node, exp.Alias):
        return names.of(_identifier(node.args["alias"]))
    if isinstance(node, exp.Column):
        return names.of(node.this)
    if names.catalog.dialect is Dialect.SQLITE:
        return ""
    if isinstance(node, exp.Paren | exp.Cast | exp.Window | exp.Filter | exp.WithinGroup):
        inner = output_name(node.this, names)
        return inner or (node.to.sql().lower() if isinstance(node, exp.Cast) else "")
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    return _KEYWORDS.get(type(node), "")


_KEYWORDS: dict[type[exp.Expr], str] = {
    exp.Case: "case",
    exp.Exists: "exists",
    exp.Extract: "extract",
    exp.Substring: "substring",
    exp.Trim: "btrim",
    exp.StrPosition: "position",
    exp.CurrentDate: "current_date",
}


def _identifier(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Column | exp.ColumnDef) else node
