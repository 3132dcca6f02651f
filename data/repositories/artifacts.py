"""Where the objects of the object store are accounted for."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache

from sqlalchemy import and_, or_, select, update

from data.columns import now
from data.models import (
    ArtifactKind,
    DocumentVersion,
    FileArtifact,
    StorageClass,
    VersionStatus,
)
from data.repositories.base import Insert, Repository, insert_of, new_id
from data.scope import INCLUDE_DELETED
from data.values import NewArtifact


@cache
def _recording(dialect: str) -> Insert:
    """Return the statement that writes objects down; each file that is ingested needs it."""
    statement = insert_of(dialect, FileArtifact)
    # What can be made again is written again, and its time starts anew.
    anew = or_(
        FileArtifact.storage_class == StorageClass.PURGED,
        and_(FileArtifact.kind != ArtifactKind.RAW, FileArtifact.kind != ArtifactKind.LOGS),
    )
    fresh = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["tenant_id", "object_key"],
        set_={
            "storage_class": fresh.storage_class,
            "sha256": fresh.sha256,
            "bytes": fresh.bytes,
            "created_at": fresh.created_at,
            "changed_at": fresh.created_at,
        },
        where=anew,
    )


class ArtifactRepository(Repository):
    """The objects of a tenant. A row comes before its object, and goes after it."""

    async def record(self, *new: NewArtifact) -> None:
        """Write down that objects are (about to be) there; what is known of them stays.

        The rows are locked until the transaction ends, so that nobody purges the objects.
        """
        given = {
            "tenant_id": self._principal.tenant_id,
            "storage_class": StorageClass.HOT,
            "created_at": now(),
        }
        rows = [asdict(each) | given | {"id": new_id()} for each in new]
        await self._session.execute(_recording(self._session.get_bind().dialect.name), rows)

    async def get(self, object_key: str) -> FileArtifact | None:
        """Return the row of an object."""
        return await self._one(select(FileArtifact).where(FileArtifact.object_key == object_key))

    async def locked(self, object_key: str) -> FileArtifact | None:
        """Return the row of an object and keep others from it until the transaction ends."""
        query = select(FileArtifact).where(FileArtifact.object_key == object_key)
        return await self._one(query.with_for_update())

    async def of_version(self, version_id: str) -> list[FileArtifact]:
        """Return the objects that were made for a version, by key."""
        query = select(FileArtifact).where(FileArtifact.version_id == version_id)
        return await self._all(query.order_by(FileArtifact.object_key))

    async def list(self) -> list[FileArtifact]:
        """Return all rows, by key."""
        return await self._all(select(FileArtifact).order_by(FileArtifact.object_key))

    async def hot_before(self, kind: ArtifactKind, moment: datetime, limit: int) -> Sequence[str]:
        """Return keys of objects of a kind that are hot since before a moment, oldest first."""
        query = (
            select(FileArtifact)
            .where(
                FileArtifact.kind == kind,
                FileArtifact.storage_class == StorageClass.HOT,
                FileArtifact.created_at < moment,
            )
            .order_by(FileArtifact.created_at)
            .limit(limit)
        )
        return [row.object_key for row in await self._all(query)]

    async def set_class(self, object_key: str, storage_class: StorageClass) -> None:
        """Write down where the bytes of an object are now."""
        await self._change(
            update(FileArtifact)
            .where(FileArtifact.object_key == object_key)
            .values(storage_class=storage_class, changed_at=now())
        )

    async def referenced(self, keys: Sequence[str]) -> set[str]:
        """Return those keys that a version names as its original or text, deleted or not."""
        named = or_(DocumentVersion.object_key.in_(keys), DocumentVersion.text_key.in_(keys))
        versions = await self._all(select(DocumentVersion).where(named), deleted=True)
        return {key for row in versions for key in (row.object_key, row.text_key) if key}

    async def named(self) -> tuple[set[str], set[str]]:
        """Return the keys of the originals and of the texts that versions name, deleted or not."""
        query = select(DocumentVersion.object_key, DocumentVersion.text_key)
        rows = (await self._session.execute(query, execution_options=INCLUDE_DELETED)).all()
        return {row[0] for row in rows if row[0]}, {row[1] for row in rows if row[1]}

    async def in_use(self) -> set[str]:
        """Return the ids of versions whose derived objects are needed.

        They are published or in work, or belong to a document that can be restored.
        """
        needed = or_(
            DocumentVersion.status.in_((VersionStatus.PENDING, VersionStatus.PUBLISHED)),
            DocumentVersion.deleted_at.is_not(None),
        )
        query = select(DocumentVersion.id).where(needed)
        rows = await self._session.execute(query, execution_options=INCLUDE_DELETED)
        return set(rows.scalars())
