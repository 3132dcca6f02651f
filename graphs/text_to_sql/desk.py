"""A datasource as one principal may use it: catalog, vocabulary, values and verified questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from graphs.text_to_sql.catalog import Catalog
from graphs.text_to_sql.reading.index import ValueIndex
from graphs.text_to_sql.reading.vocabulary import Element, Vocabulary
from graphs.text_to_sql.verified.likeness import Likeness
from graphs.text_to_sql.verified.recall import Known
from providers.principal import Principal
from providers.protocols import SqlDatasource
from providers.sql_types import QueryLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that a question about one datasource needs, for one tenant.

    `defined` are figures whose meaning verified queries fix.
    `tenant` is what tenant columns are compared with, `settings` what the database is told for
    each statement. `key` changes with the schema, the policy and the verified questions.
    """

    name: str
    datasource: SqlDatasource
    catalog: Catalog
    vocabulary: Vocabulary
    index: ValueIndex
    likeness: Likeness
    limits: QueryLimits
    tenant: str | int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    known: tuple[Known, ...] = ()
    defined: frozenset[Element] = frozenset()
    key: str = ""
    degraded: tuple[str, ...] = ()


class Desks(Protocol):
    """Opens datasources for principals, and keeps them open."""

    async def open(self, principal: Principal, name: str, *, fresh: bool = False) -> Desk:
        """Return the desk of a datasource; `fresh` reads its schema again.

        Raises:
            GraphError: there is no such datasource, or its policy does not fit.
            QueryError: the database is not there.
        """
        ...
