"""Terms narrow each other; exclusions fit by pattern."""

from datetime import UTC, datetime, timedelta

import pytest

from data.models import ExclusionKind, Use
from data.terms import ALL_USES, DocumentTerms, Rule, Terms, Traits, first_match, uses_of

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_both_have_to_allow_a_use() -> None:
    licence = Terms(uses=frozenset({Use.INDEX, Use.QUOTE}), attribution="Example Press")
    own = Terms(uses=frozenset({Use.INDEX, Use.TRAIN}))

    both = licence.narrowed_by(own)

    assert both.uses == {Use.INDEX}
    assert both.attribution == "Example Press"


def test_the_earlier_end_and_the_own_attribution_hold() -> None:
    licence = Terms(attribution="Press", expires_at=NOON + timedelta(days=1))

    both = licence.narrowed_by(Terms(attribution="Author", expires_at=NOON))

    assert (both.attribution, both.expires_at) == ("Author", NOON)


def test_nothing_is_allowed_from_the_end_on() -> None:
    terms = Terms(expires_at=NOON)

    assert terms.allows(Use.QUOTE, NOON - timedelta(seconds=1))
    assert not terms.allows(Use.QUOTE, NOON)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        (ExclusionKind.SOURCE, "drafts/*"),
        (ExclusionKind.SOURCE, "Vendor-Site"),
        (ExclusionKind.URI, "https://example.org/*.pdf"),
        (ExclusionKind.SHA256, "A" * 64),
        (ExclusionKind.VENDOR, "acme*"),
        (ExclusionKind.LICENCE, "cc-*-nc*"),
    ],
)
def test_an_exclusion_fits(kind: ExclusionKind, pattern: str) -> None:
    traits = Traits(
        sources=("drafts/a.pdf", "vendor-site"),
        uri="https://example.org/Manual.pdf",
        sha256="a" * 64,
        vendors=("ACME Ltd",),
        licence="CC-BY-NC-4.0",
    )

    rule = Rule(kind=kind, pattern=pattern, reason="asked for")

    assert first_match([rule], traits) == rule
    assert first_match([rule], Traits()) is None


def test_a_hash_is_no_pattern() -> None:
    rule = Rule(kind=ExclusionKind.SHA256, pattern="*", reason="")

    assert not rule.matches(Traits(sha256="a" * 64))


@pytest.mark.parametrize(
    ("uses", "quotable"),
    [(ALL_USES, True), ({Use.INDEX}, False), ({Use.QUOTE}, False), ({Use.INDEX, Use.QUOTE}, True)],
)
def test_what_is_quoted_has_to_be_found_too(uses: frozenset[Use], quotable: bool) -> None:
    terms = Terms(uses=frozenset(uses))

    found = DocumentTerms(document_id="d", source="s", terms=terms, traits=Traits())

    assert found.quotable is quotable


def test_an_excluded_document_allows_nothing() -> None:
    rule = Rule(kind=ExclusionKind.SOURCE, pattern="*", reason="")
    found = DocumentTerms(
        document_id="d", source="s", terms=Terms(), traits=Traits(), excluded_by=rule
    )

    assert not found.quotable
    assert not found.allows(Use.ORIGINAL, NOON)


def test_a_row_without_a_list_narrows_nothing() -> None:
    assert uses_of(None) == ALL_USES
    assert uses_of([]) == frozenset()
