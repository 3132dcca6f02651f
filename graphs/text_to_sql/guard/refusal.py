"""How a part of the guard says no."""

from graphs.text_to_sql.guard.verdict import Rule


class RefusedError(Exception):
    """A statement may not run."""

    def __init__(self, rule: Rule, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
