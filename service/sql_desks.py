"""Keeps datasources open for questions: catalog, values and verified questions of each tenant."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from graphs.text_to_sql.desk import Desk
from graphs.text_to_sql.opening import open_desk
from graphs.text_to_sql.recalling import today
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.verified.likeness import Likeness
from graphs.text_to_sql.verified.template import Example
from providers.principal import Principal
from providers.protocols import Embedder
from service.datasources import Datasources, OpenDatasource
from service.sql_examples import SqlExamples

MOST_DESKS: Final = 64
_LOOK_S: Final = 1.0
"""For so long a desk is used without asking whether anything changed: one question's time."""


@dataclass(slots=True)
class _Kept:
    desk: Desk
    stamp: tuple[object, ...]
    made_at: float
    looked_at: float


class ServiceDesks:
    """Opens desks for principals; see `graphs.text_to_sql.desk.Desks`."""

    def __init__(
        self,
        datasources: Datasources,
        examples: SqlExamples,
        settings: SqlSettings,
        embedder: Embedder | None,
    ) -> None:
        self._datasources = datasources
        self._examples = examples
        self._settings = settings
        self._likeness = Likeness(embedder)
        self._kept: dict[tuple[str, str, str | None], _Kept] = {}
        self._opening = asyncio.Lock()

    async def open(self, principal: Principal, name: str, *, fresh: bool = False) -> Desk:
        """Return the desk of a datasource for the principal's tenant.

        Raises:
            DatasourceNotFoundError: the tenant has none of that name.
            DatasourceInvalidError: it cannot be reached, or no longer has what its policy names.
        """
        attributes = repr(sorted(principal.attributes.items()))
        key = (principal.tenant_id, name, attributes)
        kept = self._kept.get(key)
        now = time.monotonic()
        version = self._examples.version
        if kept and not fresh and now - kept.looked_at < _LOOK_S and kept.stamp[-1] == version:
            return kept.desk
        async with self._opening:
            opened = await self._datasources.open(principal, name, fresh=fresh)
            stamp = (opened.catalog.key, opened.tenant, id(opened.provider), self._day(), version)
            kept = self._kept.get(key)
            old = kept is None or now - kept.made_at > self._settings.values_s
            if kept is None or fresh or old or kept.stamp != stamp:
                desk = await self._made(principal, opened)
                kept = _Kept(desk, stamp, now, now)
                self._keep(key, kept)
            kept.looked_at = now
            return kept.desk

    def _day(self) -> object:
        return today(self._settings)

    async def _made(self, principal: Principal, opened: OpenDatasource) -> Desk:
        rows = await self._examples.valid(principal, opened)
        return await open_desk(
            opened.name,
            opened.provider,
            opened.catalog,
            limits=opened.policy.query_limits,
            tenant=opened.tenant,
            today=today(self._settings),
            settings=opened.settings,
            examples=[Example(row.id, row.question, row.sql) for row in rows],
            likeness=self._likeness,
            values=self._settings.values,
        )

    def _keep(self, key: tuple[str, str, str | None], kept: _Kept) -> None:
        if len(self._kept) >= MOST_DESKS:
            oldest = min(self._kept, key=lambda one: self._kept[one].looked_at)
            del self._kept[oldest]
        self._kept[key] = kept
