"""What may be done with a document: its licence, its own manifest, the exclusions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from data.models import ExclusionKind, Use

ALL_USES: frozenset[Use] = frozenset(Use)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is allowed, until when, and whom to name."""

    uses: frozenset[Use] = ALL_USES
    attribution: str | None = None
    expires_at: datetime | None = None

    def narrowed_by(self, other: "Terms") -> "Terms":
        """Return what both allow; the other's attribution comes first."""
        ends = [end for end in (self.expires_at, other.expires_at) if end is not None]
        return Terms(
            uses=self.uses & other.uses,
            attribution=other.attribution or self.attribution,
            expires_at=min(ends, default=None),
        )

    def allows(self, use: Use, moment: datetime) -> bool:
        """Tell whether a use is allowed at a moment."""
        return use in self.uses and (self.expires_at is None or moment < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLicence:
    """A licence to be stored."""

    name: str
    terms: Terms = Terms()
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What exclusions are compared with; `sources` are the document's and its source's name."""

    sources: tuple[str, ...] = ()
    uri: str | None = None
    sha256: str | None = None
    vendors: tuple[str, ...] = ()
    licence: str | None = None

    def of(self, kind: ExclusionKind) -> tuple[str | None, ...]:
        """Return what an exclusion of that kind is compared with."""
        return {
            ExclusionKind.SOURCE: self.sources,
            ExclusionKind.URI: (self.uri,),
            ExclusionKind.SHA256: (self.sha256,),
            ExclusionKind.VENDOR: self.vendors,
            ExclusionKind.LICENCE: (self.licence,),
        }[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An exclusion; patterns are a shell's, a hash is compared as it is."""

    kind: ExclusionKind
    pattern: str
    reason: str

    def matches(self, traits: Traits) -> bool:
        """Tell whether the exclusion is about a document with these traits."""
        return any(value and self._fits(value) for value in traits.of(self.kind))

    def _fits(self, value: str) -> bool:
        if self.kind is ExclusionKind.SHA256:
            return value.lower() == self.pattern.lower()
        return fnmatchcase(value.casefold(), self.pattern.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTerms:
    """The terms that hold for one document, and where they come from.

    `origin` is `document`, `item`, `source` or `collection`, and None without a licence.
    """

    document_id: str
    source: str
    terms: Terms
    traits: Traits
    licence_id: str | None = None
    origin: str | None = None
    excluded_by: Rule | None = None

    @property
    def licence(self) -> str | None:
        """Name of the licence."""
        return self.traits.licence

    @property
    def quotable(self) -> bool:
        """Tell whether an answer may quote the document, while its terms have not expired."""
        return self.excluded_by is None and {Use.INDEX, Use.QUOTE} <= self.terms.uses

    def allows(self, use: Use, moment: datetime) -> bool:
        """Tell whether a use is allowed at a moment; nothing is when the document is excluded."""
        return self.excluded_by is None and self.terms.allows(use, moment)


def first_match(rules: Iterable[Rule], traits: Traits) -> Rule | None:
    """Return the first exclusion that is about a document with these traits."""
    return next((rule for rule in rules if rule.matches(traits)), None)


def uses_of(words: Sequence[str] | None) -> frozenset[Use]:
    """Return the uses that a row lists; a row without a list narrows nothing."""
    return ALL_USES if words is None else frozenset(Use(word) for word in words)
