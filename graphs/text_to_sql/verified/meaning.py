"""What a question means, as far as its words tell: to be compared with what a query does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sqlglot import exp

from graphs.text_to_sql.reading.asking import Op
from graphs.text_to_sql.reading.pieces import Piece, Reading
from graphs.text_to_sql.reading.tokens import stems_of
from graphs.text_to_sql.reading.vocabulary import Element

_STRONG: Final = frozenset(
    {
        Op.AVG, Op.MAX, Op.MIN, Op.NOT, Op.MISSING, Op.GT, Op.GE, Op.LT, Op.LE, Op.BEFORE,
        Op.AFTER, Op.SINCE, Op.UNTIL, Op.DISTINCT,
    }
)  # fmt: skip
_CLASSES: Final = {
    Op.MISSING: Op.NOT,
    Op.SINCE: Op.SINCE,
    Op.UNTIL: Op.BEFORE,
    Op.TOP: Op.MAX,
    Op.DESC: Op.MAX,
    Op.ASC: Op.MIN,
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question's operations that change the answer, its parts of the schema, its other words."""

    ops: frozenset[Op]
    counts: bool
    groups: bool
    elements: tuple[Piece, ...]
    words: tuple[str, ...]
    targets: Mapping[Op, Piece]
    """What an operation is about: the piece after `how many`, `average`, `for each`."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What a query does: its operations, and the tables and columns that it reads."""

    ops: frozenset[Op]
    counts: bool
    groups: bool
    names: frozenset[Element]

    def uses(self, elements: Iterable[Element]) -> bool:
        """Tell whether the query reads one of these."""
        return any(
            element in self.names or (element.column is None and element.table in self._tables)
            for element in elements
        )

    @property
    def _tables(self) -> set[str]:
        return {name.table for name in self.names}


def meaning_of(reading: Reading) -> Meaning:
    """Sum up what a question's words say."""
    ops = {op for at, piece in enumerate(reading.pieces) if (op := _meant(reading, at, piece))}
    strong_group = any(
        piece.op is Op.GROUP and piece.text.lower() != "by" for piece in reading.pieces
    )
    return Meaning(
        ops=frozenset(_CLASSES.get(op, op) for op in ops if op in _STRONG or op in _CLASSES),
        counts=Op.COUNT in ops,
        groups=strong_group,
        elements=tuple(piece for piece in reading.pieces if piece.elements),
        words=tuple(piece.text.lower() for piece in reading.pieces if piece.unknown),
        targets=_targets(reading),
    )


def _meant(reading: Reading, at: int, piece: Piece) -> Op | None:
    """Return a piece's operation; `over` is a comparison beside a number only."""
    if piece.op not in _BESIDE_NUMBERS:
        return piece.op
    near = reading.pieces[max(0, at - 1) : at + 4]
    beside = any(one.mention is not None and one.mention.kind != "text" for one in near)
    return piece.op if beside else None


_BESIDE_NUMBERS: Final = frozenset({Op.GT, Op.GE, Op.LT, Op.LE})


def _targets(reading: Reading) -> dict[Op, Piece]:
    pieces = [piece for piece in reading.pieces if not piece.is_glue]
    found: dict[Op, Piece] = {}
    for piece, following in pairwise(pieces):
        op = _AIMED.get(piece.op) if piece.op is not None else None
        if op is not None and op not in found and (following.elements or following.unknown):
            found[op] = following
    return found


def conflict(asked: Meaning, known: Meaning) -> bool:
    """Tell whether an operation is about different things in two questions."""
    for op, piece in asked.targets.items():
        other = known.targets.get(op)
        if other is None or piece.text.lower() == other.text.lower():
            continue
        if piece.elements and other.elements:
            if not set(piece.elements) & set(other.elements):
                return True
        elif other.elements and op is Op.COUNT:
            return True  # something that the schema does not know is counted
    return False


_AIMED: Final = {
    Op.COUNT: Op.COUNT, Op.AVG: Op.AVG, Op.SUM: Op.SUM, Op.GROUP: Op.GROUP, Op.MAX: Op.MAX,
    Op.MIN: Op.MIN,
}  # fmt: skip


def doing_of(tree: exp.Expr) -> Doing:
    """Read from a query what it does."""
    ops = {op for kind, op in _NODES if tree.find(kind)}
    for ordered in tree.find_all(exp.Ordered):
        ops.add(Op.MAX if ordered.args.get("desc") else Op.MIN)
    if tree.args.get("distinct"):
        ops.add(Op.DISTINCT)
    tables = {table.alias_or_name: table.name for table in tree.find_all(exp.Table)}
    names = {Element(table) for table in tables.values()}
    for column in tree.find_all(exp.Column):
        owners = [tables[column.table]] if column.table in tables else list(tables.values())
        names |= {Element(owner, column.name) for owner in owners}
    return Doing(
        ops=frozenset(ops),
        counts=tree.find(exp.Count) is not None,
        groups=tree.find(exp.Group) is not None,
        names=frozenset(names),
    )


_NODES: Final = (
    (exp.Avg, Op.AVG),
    (exp.Max, Op.MAX),
    (exp.Min, Op.MIN),
    (exp.Not, Op.NOT),
    (exp.NEQ, Op.NOT),
    (exp.Is, Op.NOT),
    (exp.Except, Op.NOT),
    (exp.GT, Op.GT),
    (exp.GTE, Op.GE),
    (exp.LT, Op.LT),
    (exp.LTE, Op.LE),
    (exp.LT, Op.BEFORE),
    (exp.LTE, Op.BEFORE),
    (exp.GTE, Op.SINCE),
    (exp.GTE, Op.AFTER),
    (exp.GT, Op.AFTER),
    (exp.Distinct, Op.DISTINCT),
)


def agree(asked: Meaning, known: Meaning, doing: Doing) -> bool:
    """Tell whether two questions ask for the same operations, given what the query does.

    An operation that only one of them names is no difference where the query does it anyway
    and the words leave it out (`distinct`), or where the other says it differently.
    """
    for op in asked.ops - known.ops:
        if op not in doing.ops:
            return False
    for op in known.ops - asked.ops:
        if op is not Op.DISTINCT:
            return False
    # A list is not a number: "orders from Norway" and "how many orders are from Norway".
    if (
        asked.counts != known.counts
        and doing.counts is not asked.counts
        and not doing.ops & {Op.AVG}
    ):
        return False
    return not asked.groups or doing.groups


def stems(piece: Piece) -> tuple[str, ...]:
    """Return the stems of a piece's words."""
    return stems_of(piece.text)
