from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from graphs.query.filters import AccessRule, Filters, PageRange, access_filters, heading_parts
from providers.principal import Principal


def test_one_value_is_as_good_as_a_list() -> None:
    assert Filters.model_validate({"language": "de"}).language == ("de",)
    assert Filters.model_validate({"language": ["de", "en"]}).language == ("de", "en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3-9", (3, 9)), ("3-", (3, None)), ("-9", (None, 9)), ("7", (7, 7)), (7, (7, 7))],
)
def test_pages_are_read(text: object, expected: tuple[int | None, int | None]) -> None:
    assert Filters.model_validate({"pages": text}).pages == PageRange(*expected)


def test_days_begin_at_midnight_utc() -> None:
    since = Filters.model_validate({"since": "2026-01-02"}).since
    assert since == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"langauge": "de"}, "no filter 'langauge'; known filters: document, source, language"),
        ({"pages": "x"}, "such as 3-9"),
        ({"pages": "-"}, "such as 3-9"),
        ({"pages": "9-3"}, "comes after the last"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "before until"),
        ({"since": "yesterday"}, "since"),
        ({"source": [""]}, "at least 1 character"),
        ({"source": ["x"] * 201}, "at most 200"),
    ],
)
def test_what_cannot_be_filtered_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Filters.model_validate(given)


def test_they_survive_the_way_through_json() -> None:
    filters = Filters.model_validate({"pages": "3-9", "until": "2026-01-01", "source": "*.pdf"})
    again = Filters.model_validate_json(filters.model_dump_json())
    assert again == filters
    assert bool(again)
    assert not Filters.model_validate_json(Filters().model_dump_json())


def test_heading_paths_are_split() -> None:
    assert heading_parts(" Care › De-scaling > Tank") == ("care", "de-scaling", "tank")


def somebody(**attributes: str) -> Principal:
    return Principal(tenant_id="t", subject="s", attributes=attributes)


def test_rules_become_filters() -> None:
    rule = AccessRule.model_validate({"attribute": "brands", "narrows": "vendor"})
    found = access_filters([rule], somebody(brands="Wex, Marle"))
    assert found == [Filters(vendor=("Wex", "Marle"))]


@pytest.mark.parametrize(("missing", "expected"), [("nothing", None), ("everything", [])])
def test_who_lacks_the_attribute(missing: str, expected: object) -> None:
    rule = AccessRule.model_validate(
        {"attribute": "brands", "narrows": "vendor", "missing": missing}
    )
    assert access_filters([rule], somebody(brands=" , ")) == expected
