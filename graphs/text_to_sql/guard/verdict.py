"""What the guard says of a statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from providers.sql_types import Cell


class Rule(StrEnum):
    """Why a statement is refused; `ALLOWED` is for one that is not."""

    ALLOWED = "allowed"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    PARSE = "parse"
    ONE_STATEMENT = "one_statement"
    READ_ONLY = "read_only"
    SYNTAX = "syntax"
    FUNCTION = "function"
    TYPE = "type"
    TABLE = "table"
    COLUMN = "column"
    NO_TABLE = "no_table"
    UNCONNECTED = "unconnected"
    RECURSION = "recursion"
    LIMIT = "limit"
    PARAMETER = "parameter"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a statement may run, and the statement that is to run in its place.

    `sql` is written from the tree with the tenant's predicates and the limit, and empty when
    the statement is refused; `params` are the caller's and the guard's own. `tables` are keys
    of the catalog, `columns` are `table.column` of what is read.
    """

    allowed: bool
    rule: Rule
    message: str = ""
    sql: str = ""
    params: Mapping[str, Cell] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
