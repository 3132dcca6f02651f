"""A command group that takes a question where others take a command."""

from typing import Any, Final

from typer.core import TyperGroup

ASK: Final = "ask"
"""The command that a question is for when none is named."""


class QuestionGroup(TyperGroup):
    """Runs `ask` when the first argument is no command: `cicerone sql "How many orders?"`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `ask` before arguments that name no command."""
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h"}:
            args = [ASK, *args]
        return super().parse_args(ctx, args)
