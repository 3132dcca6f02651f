"""A question's pieces without glue, read from left to right."""

from collections.abc import Iterable, Sequence

from graphs.text_to_sql.reading.asking import Op
from graphs.text_to_sql.reading.mentions import Mention
from graphs.text_to_sql.reading.pieces import Piece
from graphs.text_to_sql.rules.spec import UnexplainedError


class Cursor:
    """Where the parser is among the pieces; `peek(1)` is the piece after the next."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = [piece for piece in pieces if not piece.is_glue]
        self.at = 0

    @property
    def done(self) -> bool:
        """Tell whether every piece was read."""
        return self.at >= len(self._pieces)

    def peek(self, ahead: int = 0) -> Piece | None:
        """Return a piece to come."""
        at = self.at + ahead
        return self._pieces[at] if 0 <= at < len(self._pieces) else None

    def op(self, ahead: int = 0) -> Op | None:
        """Return the operation of a piece to come."""
        piece = self.peek(ahead)
        return None if piece is None else piece.op

    def mention(self, ahead: int = 0) -> Mention | None:
        """Return the value of a piece to come."""
        piece = self.peek(ahead)
        return None if piece is None else piece.mention

    def number(self, ahead: int = 0) -> int | float | None:
        """Return the number of a piece to come."""
        mention = self.mention(ahead)
        return None if mention is None else mention.number

    def take(self) -> Piece:
        """Read the next piece.

        Raises:
            UnexplainedError: there is none.
        """
        piece = self.peek()
        if piece is None:
            raise UnexplainedError("the question ends too early")
        self.at += 1
        return piece

    def take_op(self, ops: Iterable[Op]) -> Op | None:
        """Read the next piece if it is one of these operations."""
        op = self.op()
        if op is None or op not in set(ops):
            return None
        self.at += 1
        return op

    def rest(self) -> Sequence[Piece]:
        """Return what is to come."""
        return self._pieces[self.at :]

    def before(self) -> Sequence[Piece]:
        """Return what was read."""
        return self._pieces[: self.at]

    @property
    def pieces(self) -> Sequence[Piece]:
        """All pieces."""
        return self._pieces
