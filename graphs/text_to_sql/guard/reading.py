"""Reads the text of one statement into a tree; what cannot be read is refused."""

import logging
import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from graphs.text_to_sql.guard.dialects import DIALECTS
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.verdict import Rule
from providers.sql_types import Dialect

MAX_CHARS = 20_000
MAX_TOKENS = 4_000
MAX_NESTING = 40
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ufeff]")
_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.CASE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.END})
_QUIET = logging.getLogger("sqlglot")


def read(sql: str, dialect: Dialect) -> exp.Query:
    """Read one statement that asks for rows.

    Raises:
        RefusedError: it is too long, too deep, not SQL, not one statement, or no question.
    """
    if len(sql) > MAX_CHARS:
        raise RefusedError(Rule.TOO_LONG, f"the statement is longer than {MAX_CHARS} characters")
    if _CONTROL.search(sql):
        raise RefusedError(Rule.PARSE, "the statement holds control characters")
    found = _parsed(sql, dialect)
    if not found:
        raise RefusedError(Rule.PARSE, "there is no statement")
    if len(found) > 1:
        raise RefusedError(Rule.ONE_STATEMENT, "only one statement at a time is run")
    root = found[0]
    if not isinstance(root, exp.Select | exp.SetOperation | exp.Subquery):
        raise RefusedError(Rule.READ_ONLY, "only SELECT statements are run")
    return root


def _parsed(sql: str, dialect: Dialect) -> list[exp.Expr]:
    spoken = DIALECTS[dialect]()
    disabled, _QUIET.disabled = _QUIET.disabled, True  # it logs what is refused here anyway
    try:
        tokens = spoken.tokenize(sql)
        _bounded(tokens)
        trees = spoken.parser(error_level=sqlglot.ErrorLevel.RAISE).parse(tokens, sql)
    except SqlglotError as error:
        message = str(error).partition("\n")[0].rstrip(".")
        raise RefusedError(Rule.PARSE, f"the statement cannot be read: {message}") from error
    finally:
        _QUIET.disabled = disabled
    return [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]


def _bounded(tokens: list[sqlglot.Token]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise RefusedError(Rule.TOO_LONG, f"the statement has more than {MAX_TOKENS} words")
    depth = 0
    for token in tokens:
        depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
        if depth > MAX_NESTING:
            raise RefusedError(Rule.TOO_DEEP, f"more than {MAX_NESTING} brackets are nested")
