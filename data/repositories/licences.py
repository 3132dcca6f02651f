"""Where licences, manifests and exclusions are kept."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update

from data.errors import RowNotFoundError
from data.models import Collection, DocumentLicence, Exclusion, ExclusionKind, Licence, Source
from data.repositories.base import Repository, new_id
from data.repositories.terms import TermsRepository
from data.terms import NewLicence, Terms

PERSON, ITEM = "document", "item"
"""Who said which licence a document has: a person, or the source with the file."""


class LicenceRepository(Repository):
    """The licences of a tenant; each change reaches the documents in the same transaction."""

    @property
    def _terms(self) -> TermsRepository:
        return TermsRepository(self._session, self._principal)

    async def list(self) -> Sequence[Licence]:
        """Return all licences, by name."""
        return await self._all(select(Licence).order_by(Licence.name))

    async def get(self, licence_id: str) -> Licence | None:
        """Return the licence with that id."""
        return await self._one(select(Licence).where(Licence.id == licence_id))

    async def by_name(self, name: str) -> Licence | None:
        """Return the licence of that name."""
        return await self._one(select(Licence).where(Licence.name == name))

    async def put(self, new: NewLicence) -> Licence:
        """Make the licence of that name, or change it."""
        row = {"id": new_id(), "name": new.name, **_values(new)}
        await self._insert(Licence, [row], ignore=True)
        await self._change(
            update(Licence).where(Licence.name == new.name).values(deleted_at=None, **_values(new)),
            deleted=True,
        )
        made = await self.by_name(new.name)
        if made is None:
            raise RowNotFoundError(f"the licence {new.name!r} could not be made")
        await self._terms.refresh_licence(made.id)
        return made

    async def give_document(
        self,
        document_id: str,
        licence_id: str,
        terms: Terms,
        *,
        origin: str = PERSON,
    ) -> None:
        """Give a document a manifest; what a person gave it stays when a source brings another."""
        values = {
            "licence_id": licence_id,
            "allowed_uses": sorted(terms.uses),
            "attribution": terms.attribution,
            "expires_at": terms.expires_at,
            "origin": origin,
            "set_by": self._principal.subject,
        }
        await self._insert(DocumentLicence, [{"document_id": document_id, **values}], ignore=True)
        change = update(DocumentLicence).where(DocumentLicence.document_id == document_id)
        if origin != PERSON:
            change = change.where(DocumentLicence.origin != PERSON)
        await self._change(change.values(**values))
        await self._terms.refresh_document(document_id)

    async def take_from_document(self, document_id: str, *, origin: str = PERSON) -> None:
        """Take a document's own manifest away; its source's or collection's licence holds then."""
        await self._change(
            delete(DocumentLicence).where(
                DocumentLicence.document_id == document_id, DocumentLicence.origin == origin
            )
        )
        await self._terms.refresh_document(document_id)

    async def give_collection(self, collection_id: str, licence_id: str | None) -> None:
        """Say which licence holds for documents that nobody gave another one."""
        await self._change(
            update(Collection).where(Collection.id == collection_id).values(licence_id=licence_id)
        )
        await self._terms.refresh_collection(collection_id)

    async def give_source(self, name: str, licence_id: str | None) -> bool:
        """Say which licence holds for a source's documents; False when there is no such source."""
        source = await self._one(select(Source).where(Source.name == name))
        if source is None:
            return False
        source.licence_id = licence_id
        await self._session.flush()
        await self._terms.refresh_source(source.id)
        return True

    async def exclusions(self) -> Sequence[Exclusion]:
        """Return the exclusions, oldest first."""
        return await self._all(select(Exclusion).order_by(Exclusion.created_at, Exclusion.id))

    async def exclude(self, kind: ExclusionKind, pattern: str, reason: str) -> Exclusion:
        """Never take in and never answer from what fits the pattern; again changes the reason."""
        row = {
            "id": new_id(),
            "kind": kind,
            "pattern": pattern,
            "reason": reason,
            "created_by": self._principal.subject,
        }
        await self._insert(Exclusion, [row], ignore=True)
        fits = (Exclusion.kind == kind, Exclusion.pattern == pattern)
        await self._change(update(Exclusion).where(*fits).values(reason=reason))
        made = await self._one(select(Exclusion).where(*fits))
        if made is None:
            raise RowNotFoundError(f"the exclusion {pattern!r} could not be made")
        await self._terms.refresh()
        return made

    async def include(self, exclusion_id: str) -> bool:
        """Remove an exclusion; False when there is none."""
        gone = await self._change(delete(Exclusion).where(Exclusion.id == exclusion_id))
        await self._terms.refresh()
        return gone > 0


def _values(new: NewLicence) -> dict[str, Any]:
    return {
        "url": new.url,
        "allowed_uses": sorted(new.terms.uses),
        "attribution": new.terms.attribution,
        "expires_at": new.terms.expires_at,
    }
