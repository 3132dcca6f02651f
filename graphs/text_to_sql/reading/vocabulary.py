"""The words that name tables and columns of a catalog: names, synonyms, and what they mean."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from graphs.text_to_sql.catalog import Catalog, CatalogColumn, CatalogTable
from graphs.text_to_sql.reading.tokens import Token, stems_of

_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TAILS: Final = frozenset({"on", "at", "id", "kg", "w", "m", "km", "cm", "g", "l", "pct", "ts"})
_PREPOSITIONS: Final = frozenset({"on", "at"})
_NUMERIC: Final = re.compile(r"int|num|dec|real|double|float|money|serial", re.IGNORECASE)
_TEMPORAL: Final = re.compile(r"date|time", re.IGNORECASE)
_KEYS: Final = re.compile(r"(?:^|_)id$|[a-z]Id$|^[a-z]?id$")
_LABELS: Final = ("name", "title", "full_name", "label")


@dataclass(frozen=True, slots=True)
class Element:
    """A table, or with `column` a column of it; both by their names in the catalog."""

    table: str
    column: str | None = None


@dataclass(slots=True)
class Vocabulary:
    """Phrases by their stems; a phrase may name several elements."""

    catalog: Catalog
    _phrases: dict[tuple[str, ...], list[Element]] = field(default_factory=dict)
    _longest: int = 1

    @classmethod
    def of(cls, catalog: Catalog) -> "Vocabulary":
        """Read names and synonyms of everything that the catalog shows."""
        made = cls(catalog)
        for key, table in catalog.tables.items():
            names = [spoken(table.name), *table.synonyms]
            for name in names:
                made._add(name, Element(key))
            for column in table.columns.values():
                for phrase in _column_phrases(table, column):
                    made._add(phrase, Element(key, column.name))
        return made

    def at(self, tokens: Sequence[Token], at: int) -> tuple[int, tuple[Element, ...]]:
        """Return the longest phrase that begins at a word: how many words, and what it names."""
        for size in range(min(self._longest, len(tokens) - at), 0, -1):
            found = self._phrases.get(tuple(token.stem for token in tokens[at : at + size]))
            if found:
                return size, tuple(found)
        return 0, ()

    def column(self, element: Element) -> CatalogColumn:
        """Return the column that an element names."""
        return self.catalog.tables[element.table].columns[element.column or ""]

    def is_numeric(self, element: Element) -> bool:
        """Tell whether an element is a column of amounts: numbers that are not keys."""
        if element.column is None or self.is_temporal(element):
            return False
        column = self.column(element)
        key = column.primary_key or column.references is not None or bool(_KEYS.search(column.name))
        return bool(_NUMERIC.search(column.type)) and not key

    def is_temporal(self, element: Element) -> bool:
        """Tell whether an element is a column of days or times, by its type or else its name."""
        if element.column is None:
            return False
        column = self.column(element)
        if _NUMERIC.search(column.type):
            return False
        return bool(_TEMPORAL.search(column.type) or re.search(r"date$", column.name.lower()))

    def is_flag(self, element: Element) -> bool:
        """Tell whether an element is a column of yes and no."""
        return element.column is not None and "bool" in self.column(element).type.lower()

    def dates(self, table: str) -> list[Element]:
        """Return the columns of a table that hold days or times."""
        each = (Element(table, name) for name in self.catalog.tables[table].columns)
        return [one for one in each if self.is_temporal(one)]

    def label(self, table: str) -> Element | None:
        """Return the column that names a table's rows for people."""
        columns = {name.lower(): name for name in self.catalog.tables[table].columns}
        found = next((columns[name] for name in _LABELS if name in columns), None)
        return None if found is None else Element(table, found)

    def key(self, table: str) -> Element | None:
        """Return the one column that identifies a table's rows."""
        keys = [one.name for one in self.catalog.tables[table].columns.values() if one.primary_key]
        return Element(table, keys[0]) if len(keys) == 1 else None

    def words_of(self, element: Element) -> str:
        """Return how a person would say an element."""
        table = spoken(self.catalog.tables[element.table].name)
        return table if element.column is None else f"{table} {spoken(element.column)}"

    def _add(self, phrase: str, element: Element) -> None:
        stems = stems_of(phrase)
        if stems:
            self._longest = max(self._longest, len(stems))
            known = self._phrases.setdefault(stems, [])
            if element not in known:
                known.append(element)


def spoken(name: str) -> str:
    """Return a name as words: `order_lines` and `orderLines` are order lines."""
    return " ".join(part.lower() for part in _PARTS.findall(name)) or name.lower()


def _column_phrases(table: CatalogTable, column: CatalogColumn) -> Iterator[str]:
    words = spoken(column.name).split()
    owner = spoken(table.name).split()
    singular = [*owner[:-1], owner[-1].removesuffix("s")]
    for name in _variants(words, owner, singular):
        yield name
        yield f"{' '.join(owner)} {name}"
    yield from column.synonyms
    for synonym in column.synonyms:
        yield f"{' '.join(owner)} {synonym}"


def _variants(words: list[str], *owners: list[str]) -> Iterator[str]:
    if len(words) == 1 or words[-1] not in _PREPOSITIONS:
        yield " ".join(words)  # "an order on" a day is not `ordered_on`; "ordered" is
    if len(words) > 1 and words[-1] in _TAILS and words[-1] != "id":
        yield " ".join(words[:-1])
    for owner in owners:
        if len(words) > len(owner) and words[: len(owner)] == owner and words[-1] != "id":
            yield " ".join(words[len(owner) :])
