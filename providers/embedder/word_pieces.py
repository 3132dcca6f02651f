"""Guesses the tokens of a model whose tokenizer is not at hand.

It errs on the side of more tokens, so that chunks cut by it fit the model: three ASCII letters
or two digits make a token, and so does every other character. Beside the tokenizer of
all-MiniLM-L6-v2 that is 1.34 to 1.40 times as many over six English manuals, and 1.02 and 1.03
times as many over two German ones.
"""

import re

_PIECE = re.compile(r"[A-Za-z]{1,3}|[0-9]{1,2}|\S")


def word_pieces(text: str) -> list[tuple[int, int]]:
    """Return the character span of each piece; white space is in none."""
    return [match.span() for match in _PIECE.finditer(text)]
