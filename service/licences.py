"""Licences, exclusions, and the report on both."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from data.columns import now
from data.database import Database, Transaction
from data.models import Exclusion, Licence, Use
from data.terms import ALL_USES, NewLicence, Terms
from data.terms import DocumentTerms as FoundTerms
from graphs.errors import CollectionNotFoundError
from providers.principal import Principal, Role
from service.curation_schemas import (
    AssignmentBody,
    DocumentTerms,
    ExclusionBody,
    ExclusionRead,
    LicenceBody,
    LicenceRead,
    LicenceReport,
    LicenceUse,
)
from service.errors import (
    DocumentNotFoundError,
    ExclusionNotFoundError,
    ForbiddenError,
    LicenceNotFoundError,
    SourceNotFoundError,
)

SOON_DAYS = 30
"""How far the report looks ahead."""
MAX_LISTED = 500
"""Documents that a list of the report names."""


class Licences:
    """What the tenant may do with its documents; administrators change it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, principal: Principal) -> Sequence[LicenceRead]:
        """List the licences, by name."""
        async with self._database.begin(principal, read_only=True) as tx:
            return [_licence_read(row) for row in await tx.licences.list()]

    async def put(self, principal: Principal, body: LicenceBody) -> LicenceRead:
        """Describe a licence, or change it; its documents follow at once."""
        _require_admin(principal)
        terms = Terms(
            uses=frozenset(body.allowed_uses),
            attribution=body.attribution,
            expires_at=body.expires_at,
        )
        async with self._database.begin(principal) as tx:
            row = await tx.licences.put(NewLicence(name=body.name, terms=terms, url=body.url))
            await tx.audit.add("licence.described", target=row.id, detail=_detail(body))
            return _licence_read(row)

    async def assign(self, principal: Principal, body: AssignmentBody) -> None:
        """Give a document, source or collection a licence, or take it away.

        Raises:
            LicenceNotFoundError: nobody has described a licence of that name.
            DocumentNotFoundError, CollectionNotFoundError, SourceNotFoundError: no such target.
        """
        _require_admin(principal)
        async with self._database.begin(principal) as tx:
            licence_id = await _licence_id(tx, body.licence)
            if body.document_id is not None:
                await _assign_document(tx, body, body.document_id, licence_id)
            elif body.collection is not None:
                await _assign_collection(tx, body.collection, licence_id)
            elif not await tx.licences.give_source(str(body.source), licence_id):
                raise SourceNotFoundError(f"no source {body.source!r}")
            target = body.document_id or body.source or body.collection
            await tx.audit.add("licence.assigned", target=target, detail=_detail(body))

    async def terms(self, principal: Principal, document_id: str) -> DocumentTerms:
        """Show what holds for a document.

        Raises:
            DocumentNotFoundError: the tenant has no such document.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            shown = await tx.documents.get(document_id)
            found = await tx.terms.of(document_id)
        if shown is None or found is None:
            raise DocumentNotFoundError(f"no document {document_id!r}")
        return _terms_read(found)

    async def report(self, principal: Principal, *, within_days: int = SOON_DAYS) -> LicenceReport:
        """Count the documents by licence, and name those that need somebody's attention."""
        moment = now()
        tally = _Tally(moment, moment + timedelta(days=within_days))
        async with self._database.begin(principal, read_only=True) as tx:
            licences = await tx.licences.list()
            async for found in tx.terms.all():
                tally.add(found)
        return tally.report([_licence_read(row) for row in licences], within_days)

    async def exclusions(self, principal: Principal) -> Sequence[ExclusionRead]:
        """List the exclusions, oldest first."""
        async with self._database.begin(principal, read_only=True) as tx:
            return [_exclusion_read(row) for row in await tx.licences.exclusions()]

    async def exclude(self, principal: Principal, body: ExclusionBody) -> ExclusionRead:
        """Add an exclusion; when this returns, nothing that fits answers any more."""
        _require_admin(principal)
        async with self._database.begin(principal) as tx:
            row = await tx.licences.exclude(body.kind, body.pattern, body.reason)
            await tx.audit.add("exclusion.added", target=row.id, detail=_detail(body))
            return _exclusion_read(row)

    async def include(self, principal: Principal, exclusion_id: str) -> None:
        """Remove an exclusion; what it alone forbade answers again.

        Raises:
            ExclusionNotFoundError: there is no such exclusion.
        """
        _require_admin(principal)
        async with self._database.begin(principal) as tx:
            if not await tx.licences.include(exclusion_id):
                raise ExclusionNotFoundError(
                    f"no exclusion {exclusion_id!r}; `cicerone licences exclusions` shows them"
                )
            await tx.audit.add("exclusion.removed", target=exclusion_id)


class _Tally:
    """Adds up the documents of a report."""

    def __init__(self, moment: datetime, soon: datetime) -> None:
        self._moment = moment
        self._soon = soon
        self._documents: Counter[str | None] = Counter()
        self._answering: Counter[str | None] = Counter()
        self._expiring: list[FoundTerms] = []
        self._excluded: list[FoundTerms] = []

    def add(self, found: FoundTerms) -> None:
        """Count a document."""
        self._documents[found.licence_id] += 1
        answers = found.quotable and found.allows(Use.QUOTE, self._moment)
        self._answering[found.licence_id] += answers
        end = found.terms.expires_at
        if end is not None and end <= self._soon and len(self._expiring) < MAX_LISTED:
            self._expiring.append(found)
        if found.excluded_by is not None and len(self._excluded) < MAX_LISTED:
            self._excluded.append(found)

    def report(self, licences: list[LicenceRead], within_days: int) -> LicenceReport:
        """Return the report; a licence without documents is in it too."""
        rows = [
            LicenceUse(
                licence=each.name,
                allowed_uses=each.allowed_uses,
                expires_at=each.expires_at,
                documents=self._documents[each.licence_id],
                answering=self._answering[each.licence_id],
            )
            for each in licences
        ]
        rows.append(
            LicenceUse(
                licence=None,
                allowed_uses=sorted(ALL_USES),
                expires_at=None,
                documents=self._documents[None],
                answering=self._answering[None],
            )
        )
        return LicenceReport(
            licences=rows,
            without_licence=self._documents[None],
            within_days=within_days,
            expiring=[_terms_read(found) for found in self._expiring],
            excluded=[_terms_read(found) for found in self._excluded],
        )


async def _licence_id(tx: Transaction, name: str | None) -> str | None:
    if name is None:
        return None
    row = await tx.licences.by_name(name)
    if row is None:
        raise LicenceNotFoundError(f"no licence {name!r}; `cicerone licences list` shows them")
    return row.id


async def _assign_document(
    tx: Transaction, body: AssignmentBody, document_id: str, licence_id: str | None
) -> None:
    if await tx.documents.get(document_id) is None:
        raise DocumentNotFoundError(
            f"no document {document_id!r}; `cicerone documents list` shows them"
        )
    if licence_id is None:
        await tx.licences.take_from_document(document_id)
        return
    narrowed = Terms(
        uses=ALL_USES if body.allowed_uses is None else frozenset(body.allowed_uses),
        attribution=body.attribution,
        expires_at=body.expires_at,
    )
    await tx.licences.give_document(document_id, licence_id, narrowed)


async def _assign_collection(tx: Transaction, name: str, licence_id: str | None) -> None:
    collection = await tx.collections.get(name)
    if collection is None:
        raise CollectionNotFoundError(f"there is no collection {name!r}")
    await tx.licences.give_collection(collection.id, licence_id)


def _detail(body: LicenceBody | AssignmentBody | ExclusionBody) -> dict[str, object]:
    return body.model_dump(mode="json", exclude_none=True)


def _licence_read(row: Licence) -> LicenceRead:
    return LicenceRead(
        licence_id=row.id,
        name=row.name,
        allowed_uses=sorted(map(Use, row.allowed_uses)),
        attribution=row.attribution,
        expires_at=row.expires_at,
        url=row.url,
    )


def _terms_read(found: FoundTerms) -> DocumentTerms:
    return DocumentTerms(
        document_id=found.document_id,
        source=found.source,
        licence=found.licence,
        origin=found.origin,
        allowed_uses=sorted(found.terms.uses),
        attribution=found.terms.attribution,
        expires_at=found.terms.expires_at,
        excluded=found.excluded_by.reason if found.excluded_by is not None else None,
    )


def _exclusion_read(row: Exclusion) -> ExclusionRead:
    return ExclusionRead(
        exclusion_id=row.id,
        kind=row.kind,
        pattern=row.pattern,
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def _require_admin(principal: Principal) -> None:
    if not principal.may(Role.ADMIN):
        raise ForbiddenError("licences are managed by a principal with the role 'admin'")
