"""Compares results as Spider's `result_eq` does: any order of columns, rows as a multiset.

Yu et al. 2018, Spider; the code is of the test suites of Zhong et al. 2020. Numbers are equal
within 1e-6 of the larger one or 1e-4, since databases add up in different orders.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

_DIGITS: Final = 6


def same_result(
    gold: Sequence[Sequence[Any]], found: Sequence[Sequence[Any]], *, ordered: bool
) -> bool:
    """Tell whether two results are the same but for the order of columns.

    Args:
        gold: Rows of the gold query.
        found: Rows of the query that is judged.
        ordered: Whether the order of rows counts: the gold query has one.
    """
    if len(gold) != len(found):
        return False
    if not gold:
        return True
    if len(gold[0]) != len(found[0]):
        return False
    ours, theirs = _columns(gold), _columns(found)
    return any(_equal(ours, theirs, order, ordered) for order in _orders(ours, theirs, ordered, ()))


def _orders(
    ours: list[list[Any]], theirs: list[list[Any]], ordered: bool, chosen: tuple[int, ...]
) -> Iterator[tuple[int, ...]]:
    """Yield the orders of columns in which each has the values of its counterpart."""
    if len(chosen) == len(ours):
        yield chosen
        return
    for index, column in enumerate(theirs):
        if index not in chosen and _alike(ours[len(chosen)], column, ordered):
            yield from _orders(ours, theirs, ordered, (*chosen, index))


def _equal(
    ours: list[list[Any]], theirs: list[list[Any]], order: tuple[int, ...], ordered: bool
) -> bool:
    left = list(zip(*ours, strict=True))
    right = list(zip(*(theirs[index] for index in order), strict=True))
    return left == right if ordered else Counter(left) == Counter(right)


def _alike(one: list[Any], other: list[Any], ordered: bool) -> bool:
    return one == other if ordered else Counter(one) == Counter(other)


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [[_plain(cell) for cell in column] for column in zip(*rows, strict=True)]


def _plain(cell: Any) -> Any:
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, Decimal):
        cell = float(cell)
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else float(f"{cell:.{_DIGITS}g}")
    if isinstance(cell, date):
        return cell.isoformat()
    return tuple(map(_plain, cell)) if isinstance(cell, list) else cell
