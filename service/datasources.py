"""Datasources: a team's own databases, as people set them up and questions use them."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
from pydantic import ValidationError

from data.database import Database
from data.models import Datasource
from graphs.text_to_sql.catalog import Catalog, build_catalog
from graphs.text_to_sql.policy import Policy, PolicyInvalidError
from providers import registry
from providers.errors import ProviderError, QueryError
from providers.principal import Principal, Role
from providers.protocols import SqlDatasource
from providers.sql_types import Dialect
from service.datasource_schemas import (
    DatasourceCheck,
    DatasourceList,
    DatasourceRead,
    DatasourceRemoved,
    GuardReport,
    GuardRequest,
    NewDatasource,
    Statement,
    VerdictOf,
)
from service.datasource_urls import kept, refuse_own, resolved
from service.errors import (
    DatasourceExistsError,
    DatasourceInvalidError,
    DatasourceNotFoundError,
    ForbiddenError,
)
from service.sealing import Seal

_FRESH_S = 60.0
"""Seconds for which a schema that was read is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDatasource:
    """A datasource that is ready to be asked.

    `tenant` is what tenant columns are compared with, None when the caller lacks the attribute
    that the policy names; `settings` go with each statement.
    """

    name: str
    policy: Policy
    catalog: Catalog
    provider: SqlDatasource
    tenant: str | None
    settings: Mapping[str, str]


@dataclass(slots=True)
class _Held:
    """A provider that was built, and what was read of its schema."""

    provider: SqlDatasource
    catalog: Catalog
    read_at: float


class Datasources:
    """Datasources of the principal's tenant."""

    def __init__(self, database: Database, *, home: Path, database_url: str) -> None:
        self._database = database
        self._home = home
        self._database_url = database_url
        self._seal = Seal(home)
        self._held: dict[tuple[str, str], _Held] = {}
        self._building = anyio.Lock()

    async def add(self, principal: Principal, new: NewDatasource) -> DatasourceRead:
        """Set up a datasource; its database is looked at, and must have what the policy names.

        Raises:
            DatasourceInvalidError: the URL, the policy or the database cannot be used.
            DatasourceExistsError: there is one of that name.
        """
        _require(principal, Role.ADMIN)
        shown, sealed = await anyio.to_thread.run_sync(kept, new.url, self._seal)
        row = Datasource(
            name=new.name,
            plugin=new.policy.dialect.value,
            url=shown,
            sealed=sealed,
            policy=new.policy.model_dump(mode="json"),
        )
        held = await self._built(row, new.policy)
        await held.provider.aclose()
        values = {key: getattr(row, key) for key in ("plugin", "url", "sealed", "policy")}
        async with self._database.begin(principal) as tx:
            made = await tx.datasources.create(new.name, values)
            if made is None:
                raise DatasourceExistsError(
                    f"there is a datasource {new.name!r}; `cicerone datasources remove` takes it "
                    "away"
                )
            await tx.audit.add("datasource.added", target=made.id, detail={"url": shown})
            return _read(made, full=True)

    async def list(self, principal: Principal) -> DatasourceList:
        """List the datasources by name."""
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.datasources.list()
        return DatasourceList(datasources=[_read(row, full=False) for row in rows])

    async def show(self, principal: Principal, name: str) -> DatasourceRead:
        """Show a datasource with its policy."""
        return _read(await self._row(principal, name), full=True)

    async def remove(self, principal: Principal, name: str) -> DatasourceRemoved:
        """Forget a datasource; its database is not touched."""
        _require(principal, Role.ADMIN)
        row = await self._row(principal, name)
        async with self._database.begin(principal) as tx:
            await tx.datasources.remove(row)
            await tx.audit.add("datasource.removed", target=row.id, detail={"name": name})
        held = self._held.pop((row.tenant_id, row.id), None)
        if held is not None:
            await held.provider.aclose()
        return DatasourceRemoved(name=name)

    async def check(self, principal: Principal, name: str) -> DatasourceCheck:
        """Tell whether a datasource can be read, and whether its login may do more than that."""
        _require(principal, Role.ADMIN)
        row = await self._row(principal, name)
        try:
            found = await self._open(principal, row, fresh=True)
            report = await found.provider.access(found.catalog.reads)
        except (DatasourceInvalidError, QueryError) as error:
            gone = isinstance(error, QueryError) or isinstance(error.__cause__, QueryError)
            return DatasourceCheck(
                name=name,
                clean=False,
                status="unavailable" if gone else "invalid",
                detail=str(error),
            )
        return DatasourceCheck(
            name=name,
            clean=not report.findings,
            status="ready",
            detail="",
            role=report.role,
            tables=sorted(found.catalog.tables),
            findings=[*report.findings],
            advice=report.advice,
        )

    async def guard(self, principal: Principal, name: str, body: GuardRequest) -> GuardReport:
        """Judge statements without running them."""
        _require(principal, Role.EDITOR)
        found = await self.open(principal, name)
        catalog = _spoken(found.catalog, body.dialect or found.policy.dialect)
        tenant = body.tenant if body.tenant is not None else found.tenant
        wanted = [one for one in body.statements if one.dialect in {None, "both", catalog.dialect}]
        return await anyio.to_thread.run_sync(_judged, wanted, catalog, tenant, found.policy)

    async def open(self, principal: Principal, name: str, *, fresh: bool = False) -> OpenDatasource:
        """Make a datasource ready to be asked; `fresh` reads its schema anew.

        Raises:
            DatasourceNotFoundError: the tenant has none of that name.
            DatasourceInvalidError: it cannot be reached, or no longer has what its policy names.
        """
        return await self._open(principal, await self._row(principal, name), fresh=fresh)

    async def aclose(self) -> None:
        """Close all connections."""
        for held in self._held.values():
            await held.provider.aclose()
        self._held.clear()

    async def _row(self, principal: Principal, name: str) -> Datasource:
        async with self._database.begin(principal, read_only=True) as tx:
            row = await tx.datasources.by_name(name)
        if row is None:
            raise DatasourceNotFoundError(
                f"no datasource {name!r}; `cicerone datasources list` shows those that there are"
            )
        return row

    async def _open(
        self, principal: Principal, row: Datasource, *, fresh: bool = False
    ) -> OpenDatasource:
        policy = _policy(row)
        key = (row.tenant_id, row.id)
        async with self._building:
            held = self._held.get(key)
            if held is None:
                held = self._held[key] = await self._built(row, policy)
            elif fresh or time.monotonic() - held.read_at > _FRESH_S:
                held.catalog = await _catalog(held.provider, policy)
                held.read_at = time.monotonic()
        tenant = _tenant(principal, policy)
        settings = (
            {policy.tenant_setting: tenant}
            if policy.tenant_setting is not None and tenant is not None
            else {}
        )
        return OpenDatasource(
            name=row.name,
            policy=policy,
            catalog=held.catalog,
            provider=held.provider,
            tenant=tenant,
            settings=settings,
        )

    async def _built(self, row: Datasource, policy: Policy) -> _Held:
        url = await anyio.to_thread.run_sync(resolved, row.url, row.sealed, self._seal)
        refuse_own(url, home=self._home, database_url=self._database_url)
        try:
            provider = registry.load(registry.SQL_DATASOURCE, row.plugin, {"url": url})
        except ProviderError as error:
            message = str(error).removeprefix("sql_datasource.options.")
            raise DatasourceInvalidError(message) from error
        try:
            catalog = await _catalog(provider, policy)
        except DatasourceInvalidError:
            await provider.aclose()
            raise
        return _Held(provider, catalog, time.monotonic())


async def _catalog(provider: SqlDatasource, policy: Policy) -> Catalog:
    from graphs.text_to_sql.guard.functions import ALLOWED  # noqa: PLC0415 - reads SQL's grammar

    try:
        catalog = build_catalog(await provider.introspect(), policy)
    except (PolicyInvalidError, QueryError) as error:
        raise DatasourceInvalidError(str(error)) from error
    provider.confine(catalog.reads, functions=ALLOWED[catalog.dialect] | catalog.functions)
    return catalog


def _judged(
    wanted: list[Statement], catalog: Catalog, tenant: str | int | None, policy: Policy
) -> GuardReport:
    from graphs.text_to_sql.guard import judge  # noqa: PLC0415 - reads SQL's grammar

    verdicts, times = [], []
    for one in wanted:
        began = time.perf_counter()
        found = judge(one.sql, catalog, tenant=tenant, limits=policy.query_limits)
        times.append((time.perf_counter() - began) * 1000)
        verdicts.append(
            VerdictOf(
                id=one.id,
                verdict="allow" if found.allowed else "reject",
                rule=found.rule.value,
                message=found.message,
                sql=found.sql,
            )
        )
    cuts = statistics.quantiles(times, n=20) if len(times) > 1 else times * 19 or [0.0] * 19
    return GuardReport(verdicts=verdicts, p50_ms=round(cuts[9], 3), p95_ms=round(cuts[18], 3))


def _spoken(catalog: Catalog, dialect: Dialect) -> Catalog:
    """Return the same tables in another dialect, where statements of it are to be judged."""
    if dialect is catalog.dialect:
        return catalog
    schema = "" if dialect is Dialect.SQLITE else "public"
    tables = {key: replace(table, schema=schema) for key, table in catalog.tables.items()}
    return replace(catalog, dialect=dialect, tables=tables)


def _tenant(principal: Principal, policy: Policy) -> str | None:
    if policy.tenant_attribute is None:
        return principal.tenant_id
    return principal.attributes.get(policy.tenant_attribute)


def _policy(row: Datasource) -> Policy:
    try:
        return Policy.model_validate(row.policy)
    except ValidationError as error:
        raise DatasourceInvalidError(
            f"the policy of {row.name!r} is of another version; remove the datasource and add it "
            "again"
        ) from error


def _read(row: Datasource, *, full: bool) -> DatasourceRead:
    policy: dict[str, Any] = row.policy
    return DatasourceRead(
        name=row.name,
        dialect=Dialect(row.plugin),
        url=row.url,
        tables=sorted(policy.get("tables", {})),
        created_by=row.created_by,
        created_at=row.created_at,
        policy=_policy(row) if full else None,
    )


def _require(principal: Principal, role: Role) -> None:
    if not principal.may(role):
        raise ForbiddenError(f"this needs the role {role.value!r}")
