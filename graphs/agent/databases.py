"""How well a question fits a database: by the words and verified questions that its desk knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from graphs.agent.settings import AgentSettings
from graphs.text_to_sql.desk import Desk, Desks
from graphs.text_to_sql.generating import by_rules
from graphs.text_to_sql.reading.asking import Op
from graphs.text_to_sql.reading.pieces import Piece, Reading
from graphs.text_to_sql.reading.vocabulary import Element
from graphs.text_to_sql.recalling import read_question
from graphs.text_to_sql.receiving import is_advice, is_write
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.verified.recall import Recall, recall
from providers.errors import ProviderError
from providers.principal import Principal

_FIGURES: Final = frozenset(
    {Op.COUNT, Op.SUM, Op.AVG, Op.MAX, Op.MIN, Op.GROUP, Op.TOP, Op.DISTINCT, Op.ORDER}
)
"""Operations over rows; a manual has none of them ready."""


class Databases(Desks, Protocol):
    """The databases that a principal may ask."""

    async def names(self, principal: Principal) -> Sequence[str]:
        """Return their names, in order."""
        ...


class Fit(IntEnum):
    """How sure it is that a database can answer; `LOOKUP` is about one thing it knows of."""

    NONE = 0
    MAYBE = 1
    LOOKUP = 2
    SURE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for one database; `likeness` to a verified question lies between 0 and 1.

    `named` tells whether the question names tables or columns.
    """

    datasource: str
    fit: Fit
    likeness: float = 0.0
    named: bool = False
    writes: bool = False
    degraded: tuple[str, ...] = ()


async def weigh(
    question: str, desk: Desk, *, settings: AgentSettings, sql: SqlSettings
) -> Evidence:
    """Tell how well a question fits a database, without asking it."""
    reading = read_question(question, desk, sql)
    degraded: tuple[str, ...] = ()
    try:
        found = await recall(reading, desk.known, desk.vocabulary, desk.likeness, sql.recall)
    except ProviderError as error:
        found, degraded = Recall(()), (f"verified questions were not compared: {error}",)
    likeness = max((one.likeness for one in found.candidates), default=0.0)
    named = any(piece.elements and not _is_common(piece) for piece in reading.pieces)
    recalled = found.chosen is not None and (likeness >= settings.alike or not reading.unknown)
    fit = Fit.NONE
    if is_advice(question):
        fit = Fit.NONE
    elif recalled or "draft" in by_rules(question, desk, sql):
        fit = Fit.LOOKUP if _is_lookup(reading, desk) else Fit.SURE
    elif likeness >= settings.alike or (named and _has_figure(reading)):
        fit = Fit.MAYBE
    return Evidence(
        datasource=desk.name,
        fit=fit,
        likeness=likeness,
        named=named,
        writes=is_write(question),
        degraded=degraded,
    )


def _is_common(piece: Piece) -> bool:
    """Tell whether a name is an operation at the same time, which says little."""
    return piece.op is not None


def _has_figure(reading: Reading) -> bool:
    return any(piece.op in _FIGURES for piece in reading.pieces)


def _is_lookup(reading: Reading, desk: Desk) -> bool:
    """Tell whether one row is asked about by its name: a document may describe it as well."""
    if _has_figure(reading):
        return False
    labels = {desk.vocabulary.label(table) for table in desk.catalog.tables}
    return any(
        Element(place.table, place.column) in labels
        for mention in reading.mentions
        for place in mention.places
    )
