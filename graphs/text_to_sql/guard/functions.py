"""Which functions a statement may call: those that compute, and none that act or look around.

A name that is not listed is refused, whatever it does. Functions that can make much out of
little (`repeat`, `lpad`, `printf`) take literal sizes only.
"""

import re

from sqlglot import exp

from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.verdict import Rule
from providers.sql_types import Dialect

MAX_REPEATS = 1_000
MAX_SERIES = 100_000
SERIES = "generate_series"

_BOTH = frozenset(
    """
    abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling coalesce concat concat_ws cos cosh
    count cume_dist degrees dense_rank exp first_value floor greatest lag last_value lead least
    length ln log log10 lower ltrim max min mod nth_value ntile nullif percent_rank pi power
    radians random rank replace round row_number rtrim sign sin sinh sqrt string_agg substr
    substring sum tan tanh trim trunc upper
    """.split()
)
_POSTGRES = frozenset(
    """
    age array_agg array_length array_position array_to_string ascii bit_and bit_or bool_and
    bool_or btrim cardinality cbrt char_length character_length chr corr cot covar_pop covar_samp
    date date_bin date_part date_trunc div every generate_series initcap isfinite json_array_length
    jsonb_array_length justify_days justify_hours justify_interval left lpad
    make_date make_interval make_time make_timestamp mode now octet_length percentile_cont
    percentile_disc regexp_count regexp_like regexp_match regexp_replace regexp_substr
    regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy
    repeat reverse right rpad split_part starts_with stddev stddev_pop stddev_samp strpos to_char
    to_date to_number to_timestamp translate var_pop var_samp variance width_bucket
    clock_timestamp statement_timestamp transaction_timestamp grouping
    """.split()
)
_SQLITE = frozenset(
    """
    char date datetime format group_concat hex ifnull iif instr json_array_length json_extract
    julianday log2 printf pow strftime time total typeof unicode unixepoch
    """.split()
)
ALLOWED: dict[Dialect, frozenset[str]] = {
    Dialect.POSTGRES: _BOTH | _POSTGRES,
    Dialect.SQLITE: _BOTH | _SQLITE,
}
"""Names by dialect, in lower case."""

_SIZED = frozenset({"repeat", "lpad", "rpad"})
_PRINTED = frozenset({"printf", "format"})
_GROWS = re.compile(r"%[^%a-zA-Z]*(\*|\d{3,})")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")


def check_call(call: exp.Anonymous, dialect: Dialect, extra: frozenset[str]) -> None:
    """Make sure that a call is of an allowed function, and write its name without quotes.

    Raises:
        RefusedError: it is not allowed, or its arguments are not.
    """
    name = call.name.lower()
    plain = not isinstance(call.this, exp.Identifier) or call.name == name
    if not plain or not _WORD.fullmatch(name) or name not in ALLOWED[dialect] | extra:
        raise RefusedError(Rule.FUNCTION, f"the function {call.name[:80]} is not allowed")
    call.set("this", name)
    if name == SERIES:
        check_series(call)
    if name in _SIZED:
        _check_size(name, call.expressions)
    if name in _PRINTED:
        _check_format(name, call.expressions)


def check_series(call: exp.Anonymous) -> None:
    """Make sure that a series has a positive constant step, and literal bounds are not far apart.

    Raises:
        RefusedError: another function in FROM, or a series whose length cannot be bounded.
    """
    if call.name.lower() != SERIES or isinstance(call.this, exp.Identifier):
        raise RefusedError(Rule.FUNCTION, f"{call.name[:80]} is not allowed in FROM")
    call.set("this", SERIES)
    if len(call.expressions) not in {2, 3} or _has_series(call):
        raise RefusedError(Rule.FUNCTION, "generate_series takes two bounds and a step")
    first, last, *rest = call.expressions
    start, stop = _whole(first), _whole(last)
    if not _is_step(rest[0] if rest else exp.Literal.number(1)):
        raise RefusedError(Rule.FUNCTION, "generate_series takes a positive literal as its step")
    if start is not None and stop is not None and stop - start >= MAX_SERIES:
        raise RefusedError(Rule.FUNCTION, f"generate_series goes over at most {MAX_SERIES} numbers")


def bound_series(root: exp.Expr) -> None:
    """Let no series have more than `MAX_SERIES` members, whatever its bounds turn out to be."""
    for call in list(root.find_all(exp.Anonymous)):
        if call.name != SERIES:
            continue
        first, last, *rest = call.expressions
        step = rest[0] if rest else exp.Literal.number(1)
        if isinstance(step, exp.Literal) and step.is_string:
            step = exp.cast(step, "interval")
        far = exp.Mul(this=exp.Paren(this=step.copy()), expression=exp.Literal.number(MAX_SERIES))
        end = exp.Add(this=exp.Paren(this=first.copy()), expression=exp.Paren(this=far))
        last.replace(exp.Anonymous(this="least", expressions=[last.copy(), end]))


def _has_series(call: exp.Anonymous) -> bool:
    inner = (one for argument in call.expressions for one in argument.find_all(exp.Anonymous))
    return any(one.name.lower() == SERIES for one in inner)


_STEP = re.compile(r"\+?[1-9]\d{0,5}(\.\d+)?( ?(hour|day|week|month|year|minute|quarter)s?)?", re.I)


def _is_step(step: exp.Expr) -> bool:
    """Tell whether a step is a positive number or a simple interval, written as a literal."""
    while isinstance(step, exp.Cast | exp.Interval | exp.Paren):
        step = step.this
    return isinstance(step, exp.Literal) and _STEP.fullmatch(step.name.strip()) is not None


def _whole(node: exp.Expr) -> int | None:
    sign = -1 if isinstance(node, exp.Neg) else 1
    literal = node.this if isinstance(node, exp.Neg) else node
    return sign * int(literal.name) if _is_whole(literal) else None


def _is_whole(node: object) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal()


def _check_size(name: str, arguments: list[exp.Expr]) -> None:
    size = _whole(arguments[1]) if len(arguments) > 1 else None
    if size is None or size > MAX_REPEATS:
        raise RefusedError(
            Rule.FUNCTION, f"{name} takes a literal of at most {MAX_REPEATS} as its size"
        )


def _check_format(name: str, arguments: list[exp.Expr]) -> None:
    first = arguments[0] if arguments else None
    if not isinstance(first, exp.Literal) or not first.is_string or _GROWS.search(first.name):
        raise RefusedError(Rule.FUNCTION, f"{name} takes a literal format with widths below 100")
