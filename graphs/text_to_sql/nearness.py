"""Names and values that are spelt alike."""

from collections.abc import Iterable
from difflib import get_close_matches

_COUNT, _LIKE = 3, 0.55


def nearest(text: str, known: Iterable[str]) -> list[str]:
    """Return up to three texts that are spelt most alike, best first; case does not matter."""
    folded = {one.casefold(): one for one in known}
    return [folded[one] for one in get_close_matches(text.casefold(), folded, _COUNT, _LIKE)]
