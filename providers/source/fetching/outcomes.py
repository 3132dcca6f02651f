"""How the reading of one item ends when it does not end with its bytes."""

from providers.source.types import Arrival, Failed, Gone, Skipped, SkipReason


class LeftOut(Exception):
    """The item is left out on purpose."""

    def __init__(self, reason: SkipReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotThere(Exception):
    """The source says that it no longer has the item."""


class NotRead(Exception):
    """The item could not be read; `transient` when trying again later may help.

    `status` is the server's answer, when there was one, and `host` the server.
    """

    def __init__(
        self,
        message: str,
        *,
        transient: bool,
        retry_after_s: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.transient = transient
        self.retry_after_s = retry_after_s
        self.status = status
        self.host: str | None = None


Ending = LeftOut | NotThere | NotRead
ENDINGS = (LeftOut, NotThere, NotRead)


def arrival_of(uri: str, ending: Ending) -> Arrival:
    """Say of an item how its reading ended."""
    if isinstance(ending, LeftOut):
        return Skipped(uri=uri, reason=ending.reason, message=str(ending))
    if isinstance(ending, NotThere):
        return Gone(uri=uri, why=str(ending))
    return Failed(
        uri=uri,
        transient=ending.transient,
        message=str(ending),
        retry_after_s=ending.retry_after_s,
    )
