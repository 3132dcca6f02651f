"""Figures that verified queries define: revenue that leaves cancelled orders out."""

from collections.abc import Sequence

from sqlglot import exp

from graphs.text_to_sql.reading.vocabulary import Element
from graphs.text_to_sql.verified.literals import literals_of
from graphs.text_to_sql.verified.recall import Known


def defined_figures(known: Sequence[Known]) -> frozenset[Element]:
    """Return the columns that verified queries only add up or average under a fixed condition.

    Rules do not know the condition, so they leave these figures to the verified questions.
    """
    conditioned: set[Element] = set()
    for one in known:
        tree = one.template.tree
        open_ = {bound.index for slot in one.template.slots for bound in slot.bound}
        fixed = [
            literal
            for index, literal in enumerate(literals_of(tree))
            if index not in open_ and literal.is_string and literal.find_ancestor(exp.Where)
        ]
        if fixed:
            conditioned |= _aggregated(tree)
    return frozenset(conditioned)


def _aggregated(tree: exp.Expr) -> set[Element]:
    tables = {table.alias_or_name: table.name for table in tree.find_all(exp.Table)}
    found = set()
    for figure in tree.find_all(exp.Sum, exp.Avg):
        for column in figure.find_all(exp.Column):
            owners = [tables[column.table]] if column.table in tables else list(tables.values())
            found |= {Element(owner, column.name) for owner in owners}
    return found
