"""Where datasources are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from data.columns import now
from data.models import Datasource
from data.repositories.base import Repository, new_id


class DatasourceRepository(Repository):
    """The datasources of a tenant."""

    async def create(self, name: str, values: Mapping[str, Any]) -> Datasource | None:
        """Add a datasource with these columns; None when the tenant has one of that name."""
        row = {"id": new_id(), "name": name, "created_by": self._principal.subject, **values}
        await self._insert(Datasource, [row], ignore=True)
        made = await self.by_name(name)
        return made if made is not None and made.id == row["id"] else None

    async def by_name(self, name: str) -> Datasource | None:
        """Return the datasource of that name."""
        return await self._one(select(Datasource).where(Datasource.name == name))

    async def list(self) -> Sequence[Datasource]:
        """Return all datasources, by name."""
        return await self._all(select(Datasource).order_by(Datasource.name))

    async def remove(self, datasource: Datasource) -> None:
        """Forget a datasource and how it is reached; its name is free again."""
        await self._change(
            update(Datasource)
            .where(Datasource.id == datasource.id)
            .values(
                deleted_at=now(), name=f"{datasource.name}~{datasource.id}", url="", sealed=None
            )
        )
