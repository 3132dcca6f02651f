"""What the service says of licences, quarantine and documents that resemble each other."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from data.models import DuplicatePolicy, ExclusionKind, LinkKind, Use
from providers.errors import QuarantineReason
from service.schemas import CollectionName, Request, Shape

LicenceName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Words = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


class LicenceBody(Request):
    """A licence to describe; the same name again changes it."""

    name: LicenceName
    allowed_uses: list[Use] = Field(min_length=0, examples=[["index", "quote"]])
    attribution: Words | None = None
    expires_at: AwareDatetime | None = None
    url: Words | None = None


class LicenceRead(Shape):
    """A licence: what it allows, whom to name, and until when."""

    licence_id: str
    name: str
    allowed_uses: list[Use]
    attribution: str | None
    expires_at: datetime | None
    url: str | None


class AssignmentBody(Request):
    """Give one document, source or collection a licence; null takes it away.

    `allowed_uses`, `attribution` and `expires_at` narrow it for a document.
    """

    licence: LicenceName | None
    document_id: str | None = Field(default=None, max_length=64)
    source: LicenceName | None = None
    collection: CollectionName | None = None
    allowed_uses: list[Use] | None = None
    attribution: Words | None = None
    expires_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _has_one_target(self) -> Self:
        targets = (self.document_id, self.source, self.collection)
        if sum(target is not None for target in targets) != 1:
            raise ValueError("give one of document_id, source and collection")
        narrowed = (self.allowed_uses, self.attribution, self.expires_at)
        if self.document_id is None and any(value is not None for value in narrowed):
            raise ValueError("only a document's licence can be narrowed")
        return self


class DocumentTerms(Shape):
    """What holds for one document; `origin` is document, item, source or collection.

    `excluded` is the reason of the exclusion that forbids everything.
    """

    document_id: str
    source: str
    licence: str | None
    origin: str | None
    allowed_uses: list[Use]
    attribution: str | None
    expires_at: datetime | None
    excluded: str | None


class LicenceUse(Shape):
    """How many documents a licence covers, and how many of them answer."""

    licence: str | None
    allowed_uses: list[Use]
    expires_at: datetime | None
    documents: int
    answering: int


class LicenceReport(Shape):
    """All documents by licence; `licence` null counts those that have none.

    `expiring` lists documents whose terms end within `within_days` days or have ended,
    `excluded` those that an exclusion forbids; each list holds at most 500.
    """

    licences: list[LicenceUse]
    without_licence: int
    within_days: int
    expiring: list[DocumentTerms]
    excluded: list[DocumentTerms]


class ExclusionBody(Request):
    """Something never to take in and never to answer from; a shell pattern, or a hash."""

    kind: ExclusionKind
    pattern: Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00-\x1f\x7f]+$")]
    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class ExclusionRead(Shape):
    """An exclusion, and who made it."""

    exclusion_id: str
    kind: ExclusionKind
    pattern: str
    reason: str
    created_by: str
    created_at: datetime


class QuarantinedDocument(Shape):
    """A document whose newest version could not be used, and what can be done.

    `releasable` tells whether it can be taken in all the same; `answering` whether an earlier
    version answers meanwhile. `review` is what a person decided before.
    """

    document_id: str
    source: str
    collection: str
    version: int
    reason: QuarantineReason
    message: str
    advice: str
    releasable: bool
    answering: bool
    bytes: int
    sha256: str
    quarantined_at: datetime
    review: str | None
    reviewed_by: str | None
    reviewed_at: datetime | None


class QuarantinePage(Shape):
    """A page of what is in quarantine."""

    documents: list[QuarantinedDocument]
    total: int


class RelatedDocument(Shape):
    """A document that resembles another one.

    `newer` tells whether it is the newer of the two; `replaces` whether the newer one may
    answer instead of the older one. `jaccard` and `containment` lie between 0 and 1.
    """

    document_id: str
    source: str
    kind: LinkKind
    newer: bool
    replaces: bool
    jaccard: float
    containment: float


class CollectionRead(Shape):
    """A collection; the licence holds for documents that have no other one."""

    name: str
    duplicate_policy: DuplicatePolicy
    licence: str | None


class CollectionBody(Request):
    """What to change of a collection."""

    duplicate_policy: DuplicatePolicy


class DocumentBody(Request):
    """What to change of a document; what is left out stays."""

    is_public: bool | None = None
    product: LicenceName | None = None
