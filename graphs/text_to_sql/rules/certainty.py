"""Tells whether a question leaves no doubt about the columns of its answer.

`Which products are heavier than 40 kg?` may ask for names, for names and weights or for all there
is of them. The rules cannot know, so such questions are left to the other routes.
"""

from graphs.text_to_sql.reading.vocabulary import Element, Vocabulary
from graphs.text_to_sql.rules.spec import Measure, RuleError, Spec


def require_certain(spec: Spec, vocabulary: Vocabulary) -> None:
    """Let a query pass whose columns the question names.

    Raises:
        RuleError: rows are listed without saying what of them, or a figure ranks or selects them
            that may be asked for, too.
    """
    by_figure = spec.order is not None and isinstance(spec.order.by, Measure)
    if spec.measures or (spec.ranked and by_figure):
        return  # a numbered ranking is shown with its figure
    if not spec.columns:
        raise RuleError("rows are asked for, but not which of their columns")
    named = all(_identifies(one, vocabulary) for one in spec.columns)
    if (by_figure or spec.having) and not named:
        raise RuleError("a figure ranks or selects values, and may be asked for, too")


def _identifies(column: Element, vocabulary: Vocabulary) -> bool:
    return column in (vocabulary.label(column.table), vocabulary.key(column.table))
