"""Values that cross the border between the service and a team's own SQL databases."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from uuid import UUID


class Dialect(StrEnum):
    """The language of a database."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


Cell = (
    str
    | int
    | float
    | bool
    | bytes
    | Decimal
    | date
    | datetime
    | time
    | timedelta
    | UUID
    | Sequence["Cell"]
    | Mapping[str, "Cell"]
    | None
)
"""One value of a result, or one parameter, as a driver gives it."""

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
"""What a JSON document can hold."""


def as_json(cell: Cell) -> Json:
    """Return a cell as JSON can hold it.

    Decimals become numbers where a float holds them exactly and texts elsewhere; dates and
    times become ISO 8601, a duration its seconds, bytes base64, NaN and infinities texts.
    """
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if isinstance(cell, float):
        return cell if cell - cell == 0 else str(cell)
    if isinstance(cell, Decimal):
        near = float(cell)
        return near if cell.is_finite() and Decimal(repr(near)) == cell else str(cell)
    if isinstance(cell, date | time):
        return cell.isoformat()
    return _other(cell)


def _other(cell: bytes | timedelta | Sequence[Cell] | Mapping[str, Cell] | UUID) -> Json:
    if isinstance(cell, bytes | bytearray | memoryview):
        return b64encode(bytes(cell)).decode("ascii")
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    if isinstance(cell, Mapping):
        return {str(key): as_json(value) for key, value in cell.items()}
    if isinstance(cell, list | tuple):
        return [as_json(value) for value in cell]
    return str(cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlColumn:
    """A column; `type` is the database's own word, `references` a table's and a column's name.

    The table of a reference is written as in `SqlTable.key`.
    """

    name: str
    type: str
    nullable: bool = True
    primary_key: bool = False
    references: tuple[str, str] | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlTable:
    """A table or view; `schema` is empty on SQLite."""

    name: str
    schema: str = ""
    columns: tuple[SqlColumn, ...] = ()
    comment: str = ""
    is_view: bool = False

    @property
    def key(self) -> str:
        """How a policy names it: `name`, or `schema.name` outside of the schema `public`."""
        return self.name if self.schema in {"", "public"} else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSchema:
    """What a database holds, as its own catalogue says."""

    dialect: Dialect
    tables: tuple[SqlTable, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 over dialect, tables and columns; the order of tables does not matter."""
        tables = sorted((asdict(table) for table in self.tables), key=json.dumps)
        text = json.dumps([self.dialect.value, tables], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """How much one statement may take.

    `rows` and `bytes` (of the cells, about) cut the result; `seconds` of wall time end the
    statement; `cost` is the most that PostgreSQL's planner may estimate. SQLite estimates nothing,
    so `steps` of its machine end a statement there. None for no such limit.
    """

    rows: int = 1000
    seconds: float = 10.0
    bytes: int = 1_000_000
    cost: float | None = None
    steps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """What the planner expects of a statement; SQLite estimates neither cost nor rows."""

    cost: float | None = None
    rows: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResult:
    """The rows of a statement; `truncated_by` names the limit that cut them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    truncated: bool = False
    truncated_by: Literal["rows", "bytes"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReport:
    """What the login of a datasource may do; `findings` are things that it should not.

    `advice` is SQL for an administrator that makes a login which may only read what is shown.
    """

    role: str
    findings: tuple[str, ...] = ()
    advice: str = ""
