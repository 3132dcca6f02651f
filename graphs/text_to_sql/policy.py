"""What of a database may be read: a policy is written by people, and what it leaves out is hidden.

A policy is fail-closed: a table that it does not name is not there, and neither is a column
that `columns` leaves out where a table has `columns`, nor one of `deny_columns`.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from providers.sql_types import Dialect, QueryLimits, SqlSchema

MAX_CHARS = 1_000_000
_Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]


class PolicyInvalidError(ValueError):
    """A policy cannot be used; the message names the key and the fix."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnPolicy(_Part):
    """What is said of a column.

    `values` lets its distinct texts be indexed, so that a question's words can be found among
    them. `masked` shows every value that is not NULL as `***`, in conditions too.
    """

    description: str = ""
    synonyms: tuple[str, ...] = ()
    values: bool = False
    masked: bool = False


class TablePolicy(_Part):
    """What is said of a table, and which of its columns are there.

    Without `columns` all are, but for `deny_columns`. `tenant_column` is compared with the
    caller's tenant wherever the table is read; a table without it is shared by all tenants.
    """

    tenant_column: _Name | None = None
    description: str = ""
    synonyms: tuple[str, ...] = ()
    columns: dict[_Name, ColumnPolicy | None] | None = None
    deny_columns: tuple[_Name, ...] = ()


class Limits(_Part):
    """How much one statement may take: rows and bytes of its result, seconds, and work.

    Work is what PostgreSQL's planner estimates (`cost`), or the steps that SQLite's machine takes.
    """

    rows: int = Field(default=1000, ge=1, le=1_000_000)
    seconds: float = Field(default=10.0, gt=0, le=600)
    bytes: int = Field(default=1_000_000, ge=1_000, le=1_000_000_000)
    cost: float | None = Field(default=None, gt=0)
    steps: int = Field(default=500_000_000, ge=10_000)


class Policy(_Part):
    """What of one database may be read.

    `functions` are allowed besides the guard's own list. `tenant_attribute` names the
    attribute of the caller that tenant columns are compared with; without it they are compared
    with the id of the caller's tenant. `tenant_setting` names a variable (`app.tenant_id`) that
    is set to the same value in each transaction, for row-level security in PostgreSQL.
    """

    dialect: Dialect
    tables: dict[_Name, TablePolicy | None] = Field(min_length=1)
    functions: tuple[_Name, ...] = ()
    limits: Limits = Limits()
    tenant_attribute: _Name | None = None
    tenant_setting: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")] | None = None

    @field_validator("functions")
    @classmethod
    def _lower(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.lower() for name in names)

    @property
    def hash(self) -> str:
        """SHA-256 of the policy's meaning: layout and comments of the file do not matter."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def query_limits(self) -> QueryLimits:
        """The limits as a datasource takes them."""
        return QueryLimits(**self.limits.model_dump())


def load_policy(source: Path | str) -> Policy:
    """Read a policy from a file (a `Path`) or from the YAML text itself.

    Raises:
        PolicyInvalidError: it is not there, not YAML, or says what no policy can say.
    """
    try:
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        if len(text) > MAX_CHARS:
            raise PolicyInvalidError(f"the policy is longer than {MAX_CHARS} characters")
        found: Any = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyInvalidError(f"the policy cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise PolicyInvalidError("the policy must be a mapping with the keys dialect and tables")
    try:
        return Policy.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "policy"
        raise PolicyInvalidError(f"policy: {key}: {first['msg']}") from error


def all_tables(schema: SqlSchema) -> Policy:
    """Make a policy that shows every table and column to everyone: for tests and measurements."""
    return Policy(dialect=schema.dialect, tables={table.key: None for table in schema.tables})
