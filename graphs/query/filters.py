"""What a caller or a policy may narrow a search to."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from providers.principal import Principal

MAX_VALUES = 200
"""Most values of one key."""
_PAGES = re.compile(r"(\d{1,6})?\s*-\s*(\d{1,6})?|(\d{1,6})")
_HEADING = re.compile(r"\s*[›>]\s*")


class PageRange(NamedTuple):
    """Physical pages, from 1, both ends included; None leaves an end open."""

    first: int | None
    last: int | None


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _pages(value: Any) -> Any:
    """Read `3-9`, `3-`, `-9` or `7`."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    found = _PAGES.fullmatch(str(value).strip())
    if found is None or found.group().strip() == "-":
        raise ValueError("give a page such as 7 or pages such as 3-9")
    first, last, only = (None if part is None else int(part) for part in found.groups())
    return (only, only) if only is not None else (first, last)


def _moment(value: Any) -> Any:
    """Read a day as its beginning; a time without a zone is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value


Text = Annotated[str, Field(min_length=1, max_length=1024)]
Values = Annotated[tuple[Text, ...], BeforeValidator(_several), Field(max_length=MAX_VALUES)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class Filters(BaseModel):
    """Narrows a search; keys are joined by `and`, the values of a key by `or`.

    `document` holds ids, `source` shell patterns of names, `media_type` may end in `/*`, `kind`
    is of the chunk (`text`, `table` …). `pages` is a page or a range such as `3-9`; a document
    without pages has none of them. `since` and `until` (exclusive) compare the date that a
    version states of itself, else the time it was published. `heading` is the beginning of
    a heading path, its parts joined by `>` (`Care > Descaling`). `product` is a SKU or a name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: Values = ()
    source: Values = ()
    language: Values = ()
    media_type: Values = ()
    kind: Values = ()
    pages: Annotated[PageRange, BeforeValidator(_pages)] | None = None
    since: Moment | None = None
    until: Moment | None = None
    heading: Values = ()
    product: Values = ()
    vendor: Values = ()
    public: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            unknown = sorted(set(map(str, given)) - set(cls.model_fields))
            if unknown:
                known = ", ".join(cls.model_fields)
                raise ValueError(f"there is no filter {unknown[0]!r}; known filters: {known}")
        return given

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.pages is not None and None not in self.pages:
            first, last = self.pages
            if first is not None and last is not None and first > last:
                raise ValueError("pages: the first page comes after the last")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("since: it must lie before until")
        return self

    def __bool__(self) -> bool:
        """Tell whether anything is filtered."""
        return bool(self.model_fields_set) and self != Filters()


def heading_parts(path: str) -> tuple[str, ...]:
    """Split a heading path as filters write it; letters' case does not matter."""
    return tuple(part.casefold() for part in _HEADING.split(path.strip()) if part)


class Missing(StrEnum):
    """What a principal finds that lacks the attribute of a rule."""

    NOTHING = "nothing"
    EVERYTHING = "everything"


class AccessKey(StrEnum):
    """The filters that a rule may set."""

    SOURCE = "source"
    LANGUAGE = "language"
    MEDIA_TYPE = "media_type"
    PRODUCT = "product"
    VENDOR = "vendor"


class AccessRule(BaseModel):
    """Narrows each search by an attribute of whoever asks, whatever the request says.

    The values of the attribute, with commas between them, become those of the filter
    `narrows`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attribute: str = Field(min_length=1)
    narrows: AccessKey
    missing: Missing = Missing.NOTHING


def access_filters(rules: Sequence[AccessRule], principal: Principal) -> list[Filters] | None:
    """Return the filters that the rules set for a principal; None when it may find nothing."""
    found: list[Filters] = []
    for rule in rules:
        said = principal.attributes.get(rule.attribute, "")
        values = tuple(part for raw in said.split(",") if (part := raw.strip()))
        if values:
            found.append(Filters.model_validate({rule.narrows.value: values}))
        elif rule.missing is Missing.NOTHING:
            return None
    return found
