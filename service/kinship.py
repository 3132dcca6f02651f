"""Which documents resemble each other, and what a collection does about it."""

from data.database import Database, Transaction
from data.models import Collection, DuplicatePolicy
from graphs.errors import CollectionNotFoundError
from providers.principal import Principal, Role
from service.curation_schemas import CollectionRead, RelatedDocument
from service.errors import DocumentNotFoundError, ForbiddenError


class Kinship:
    """Links between the tenant's documents, and the policies of its collections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def related(self, principal: Principal, document_id: str) -> list[RelatedDocument]:
        """List the documents that resemble one, the most alike first.

        Raises:
            DocumentNotFoundError: the tenant has no such document.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            if await tx.documents.get(document_id) is None:
                raise DocumentNotFoundError(
                    f"no document {document_id!r}; `cicerone documents list` shows them"
                )
            rows = await tx.likeness.related(document_id)
        return [
            RelatedDocument(
                document_id=other.id,
                source=other.source,
                kind=link.kind,
                newer=link.newer_id == other.id,
                replaces=link.replaces,
                jaccard=link.jaccard,
                containment=link.containment,
            )
            for link, other in rows
        ]

    async def collection(self, principal: Principal, name: str) -> CollectionRead:
        """Show a collection.

        Raises:
            CollectionNotFoundError: the tenant has no such collection.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            return await _read(tx, await _found(tx, name))

    async def set_policy(
        self, principal: Principal, name: str, policy: DuplicatePolicy
    ) -> CollectionRead:
        """Change what a collection does with documents that resemble each other.

        It holds at once for the documents that are there: `keep_newest` lets older ones step
        back, the others let them answer again. `skip` removes nothing.

        Raises:
            CollectionNotFoundError: the tenant has no such collection.
        """
        if not principal.may(Role.EDITOR):
            raise ForbiddenError("a policy is set by a principal with the role 'editor'")
        async with self._database.begin(principal) as tx:
            row = await _found(tx, name)
            await tx.likeness.set_policy(row.id, policy)
            await tx.audit.add("collection.policy", target=row.id, detail={"policy": policy.value})
            return await _read(tx, await _found(tx, name))


async def _found(tx: Transaction, name: str) -> Collection:
    row = await tx.collections.get(name)
    if row is None:
        raise CollectionNotFoundError(
            f"there is no collection {name!r}; `cicerone collections list` shows them"
        )
    return row


async def _read(tx: Transaction, row: Collection) -> CollectionRead:
    licence = None if row.licence_id is None else await tx.licences.get(row.licence_id)
    return CollectionRead(
        name=row.name,
        duplicate_policy=row.duplicate_policy,
        licence=licence.name if licence is not None else None,
    )
