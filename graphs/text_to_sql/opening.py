"""Opens a datasource for one tenant: reads its schema, its values and the verified questions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from graphs.text_to_sql.catalog import Catalog, build_catalog
from graphs.text_to_sql.desk import Desk
from graphs.text_to_sql.errors import DatasourceUnusableError
from graphs.text_to_sql.guard import judge
from graphs.text_to_sql.guard.functions import ALLOWED
from graphs.text_to_sql.policy import Policy, PolicyInvalidError
from graphs.text_to_sql.reading.index import ValueIndex
from graphs.text_to_sql.reading.pieces import read
from graphs.text_to_sql.reading.vocabulary import Vocabulary
from graphs.text_to_sql.verified.definitions import defined_figures
from graphs.text_to_sql.verified.likeness import Likeness
from graphs.text_to_sql.verified.recall import Known
from graphs.text_to_sql.verified.template import Example, make_template
from providers.errors import QueryError
from providers.protocols import SqlDatasource
from providers.sql_types import QueryLimits


async def read_catalog(name: str, datasource: SqlDatasource, policy: Policy) -> Catalog:
    """Read the schema, cut it down to the policy, and confine the datasource to it.

    Raises:
        DatasourceUnusableError: the policy does not fit, or the database is not there.
    """
    try:
        catalog = build_catalog(await datasource.introspect(), policy)
    except PolicyInvalidError as error:
        raise DatasourceUnusableError(f"datasource {name!r}: {error}") from error
    except QueryError as error:
        raise DatasourceUnusableError(f"datasource {name!r} does not answer: {error}") from error
    datasource.confine(catalog.reads, functions=ALLOWED[catalog.dialect] | catalog.functions)
    return catalog


async def read_values(
    datasource: SqlDatasource,
    catalog: Catalog,
    *,
    tenant: str | None,
    limits: QueryLimits,
    settings: Mapping[str, str],
    most: int,
) -> tuple[ValueIndex, list[str]]:
    """Index the texts of the columns that the policy opens for it; also says what is missing.

    They are read through the guard, so that no tenant's index holds another's names.
    """
    index, missing = ValueIndex(), []
    wanted = replace(limits, rows=most)
    for key, table in catalog.tables.items():
        for column in table.columns.values():
            if not column.values or not most:
                continue
            sql = f'SELECT DISTINCT "{column.name}" FROM {_quoted(key)} ORDER BY 1'  # noqa: S608 - judged
            verdict = judge(sql, catalog, tenant=tenant, limits=wanted)
            if not verdict.allowed:
                missing.append(f"values of {key}.{column.name} are not known: {verdict.message}")
                continue
            try:
                found = await datasource.run(
                    verdict.sql, verdict.params, limits=wanted, settings=settings
                )
            except QueryError as error:
                missing.append(f"values of {key}.{column.name} are not known: {error}")
                continue
            index.add(key, column.name, [row[0] for row in found.rows if isinstance(row[0], str)])
    return index, missing


def learn_examples(
    examples: Sequence[Example],
    catalog: Catalog,
    index: ValueIndex,
    vocabulary: Vocabulary,
    *,
    tenant: str | None,
    limits: QueryLimits,
    today: date,
) -> tuple[tuple[Known, ...], list[str]]:
    """Make templates of verified pairs; also returns the ids of those that the guard refuses."""
    known, refused = [], []
    for example in examples:
        verdict = judge(example.sql, catalog, tenant=tenant, limits=limits)
        reading = read(example.question, vocabulary, index, today)
        template = (
            make_template(example, reading, catalog.dialect, today) if verdict.allowed else None
        )
        if template is None:
            refused.append(example.id)
        else:
            known.append(Known.of(template, vocabulary))
    return tuple(known), refused


async def open_desk(
    name: str,
    datasource: SqlDatasource,
    catalog: Catalog,
    *,
    limits: QueryLimits,
    tenant: str | None,
    today: date,
    settings: Mapping[str, str] | None = None,
    examples: Sequence[Example] = (),
    likeness: Likeness | None = None,
    values: int = 2000,
) -> Desk:
    """Make a desk of a datasource whose catalog was read: index its values, read its examples."""
    said = settings or {}
    index, missing = await read_values(
        datasource, catalog, tenant=tenant, limits=limits, settings=said, most=values
    )
    vocabulary = Vocabulary.of(catalog)
    known, refused = learn_examples(
        examples, catalog, index, vocabulary, tenant=tenant, limits=limits, today=today
    )
    if refused:
        missing.append(f"{len(refused)} verified questions no longer fit the database")
    return Desk(
        name=name,
        datasource=datasource,
        catalog=catalog,
        vocabulary=vocabulary,
        index=index,
        likeness=likeness or Likeness(None),
        limits=limits,
        tenant=tenant,
        settings=said,
        known=known,
        defined=defined_figures(known),
        key=catalog.key,
        degraded=tuple(missing),
    )


def _quoted(key: str) -> str:
    return ".".join(f'"{part}"' for part in key.split("."))
