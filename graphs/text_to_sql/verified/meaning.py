"""What a question means, as far as its words tell: to be compared with what a query does."""

from collections.abc import Iterable, Iterator, Mapping
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
    Op.DESC: Op.DESC,
    Op.ASC: Op.ASC,
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question's operations that change the answer, its parts of the schema, its other words."""

    ops: frozenset[Op]
    counts: bool
    groups: bool
    elements: tuple[Piece, ...]
    words: tuple[str, ...]
    names: frozenset[str]
    """Words that nothing explains and that are written as names: they are what is asked about."""
    targets: Mapping[Op, Piece]
    """What an operation is about: the piece after `how many`, `average`, `for each`."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What a query does: its operations, and the tables and columns that it reads."""

    ops: frozenset[Op]
    counts: bool
    groups: bool
    names: frozenset[Element]
    grouped: frozenset[Element]
    """The columns that it groups by; empty when it groups by something else, too."""

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
        names=frozenset(_names(reading)),
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


_WEEKDAYS: Final = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_ENDINGS: Final = frozenset({"", ".", "!", "?", ":"})


def _names(reading: Reading) -> Iterator[str]:
    """Yield unknown words with a capital letter, but for those that begin a sentence."""
    for piece in reading.pieces:
        before = reading.question[: piece.start].rstrip(" \"'“(")[-1:]
        named = piece.unknown and piece.text[:1].isupper() and before not in _ENDINGS
        if named and piece.text.lower() not in _WEEKDAYS:
            yield piece.text.lower()


def _targets(reading: Reading) -> dict[Op, Piece]:
    pieces = [piece for piece in reading.pieces if not piece.is_glue]
    found: dict[Op, Piece] = {}
    for piece, following in pairwise(pieces):
        op = _AIMED.get(piece.op) if piece.op is not None else None
        if op is not None and op not in found and (following.elements or following.unknown):
            found[op] = following
    return found


def conflict(asked: Meaning, known: Meaning) -> bool:
    """Tell whether an operation is about different things in two questions, or a name is new."""
    if asked.names - {*known.words}:
        return True
    for op, piece in asked.targets.items():
        other = known.targets.get(op)
        if other is None or piece.text.lower() == other.text.lower():
            continue
        if piece.elements and other.elements:
            named = _names_table(piece) or _names_table(other)
            # The most expensive product and the highest price are one thing.
            if not (set(piece.elements) & set(other.elements) or (named and op in _OF_ROWS)):
                return True
        elif other.elements and op is Op.COUNT:
            return True  # something that the schema does not know is counted
    return False


_OF_ROWS: Final = frozenset({Op.MAX, Op.MIN, Op.AVG})


def _names_table(piece: Piece) -> bool:
    return any(one.column is None for one in piece.elements)


_AIMED: Final = {
    Op.COUNT: Op.COUNT, Op.AVG: Op.AVG, Op.SUM: Op.SUM, Op.GROUP: Op.GROUP, Op.MAX: Op.MAX,
    Op.MIN: Op.MIN,
}  # fmt: skip


def doing_of(tree: exp.Expr) -> Doing:
    """Read from a query what it does."""
    ops = {op for kind, op in _NODES if tree.find(kind)}
    for ordered in tree.find_all(exp.Ordered):
        down = bool(ordered.args.get("desc"))
        ops.add(Op.DESC if down else Op.ASC)
        select = ordered.find_ancestor(exp.Query)
        if select is not None and select.args.get("limit"):  # the rest is left out
            ops.add(Op.MAX if down else Op.MIN)
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
        grouped=_grouped(tree, tables),
    )


def _grouped(tree: exp.Expr, tables: Mapping[str, str]) -> frozenset[Element]:
    group = tree.args.get("group")
    keys = [] if group is None else list(group.expressions)
    made = {one.alias for one in tree.find_all(exp.Alias)}
    found = set()
    for key in keys:
        if not isinstance(key, exp.Column) or (not key.table and key.name in made):
            return frozenset()
        owners = [tables[key.table]] if key.table in tables else list(tables.values())
        found |= {Element(owner, key.name) for owner in owners}
    return frozenset(found)


_NODES: Final = (
    (exp.Avg, Op.AVG),
    (exp.Sum, Op.SUM),
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
        if op not in {Op.DISTINCT, Op.DESC, Op.ASC}:
            return False
    # A list is not a number: "orders from Norway" and "how many orders are from Norway".
    if (
        asked.counts != known.counts
        and doing.counts is not asked.counts
        and not doing.ops & {Op.AVG}
        and not (Op.SUM in doing.ops and _counts_amounts(asked, known))
    ):
        return False
    return not asked.groups or doing.groups


def _counts_amounts(*meanings: Meaning) -> bool:
    """Tell whether what is counted is a column: the number of units is their sum."""
    pieces = [one.targets[Op.COUNT] for one in meanings if Op.COUNT in one.targets]
    return bool(pieces) and not any(_names_table(one) or not one.elements for one in pieces)


def negates_in_vain(asked: Meaning, doing: Doing) -> bool:
    """Tell whether a question leaves something out, and the query does not."""
    return Op.NOT in asked.ops and Op.NOT not in doing.ops


def groups_apart(asked: Meaning, doing: Doing) -> bool:
    """Tell whether a query gives its figures for something else than the question asks for."""
    target = asked.targets.get(Op.GROUP)
    if target is None or not target.elements or _names_table(target):
        return False
    if asked.ops & {Op.MAX, Op.MIN, Op.DESC, Op.ASC}:
        return False  # the best by revenue are no groups
    return not doing.groups or bool(doing.grouped and not doing.grouped & {*target.elements})


def stems(piece: Piece) -> tuple[str, ...]:
    """Return the stems of a piece's words."""
    return stems_of(piece.text)
