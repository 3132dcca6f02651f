"""How much of a reference answer does an answer say? Token F1, exact match and ROUGE-L.

Token F1 and exact match are those of SQuAD (Rajpurkar et al., EMNLP 2016): lower case, without
punctuation and English articles, tokens between white space. ROUGE-L is the F-measure over the
longest common subsequence of the same tokens (Lin, 2004, with equal weights, no stemming).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_MARKERS = re.compile(r"\s*\[\d{1,3}\]")


def without_markers(answer: str) -> str:
    """Return an answer without its citation markers, which no reference has."""
    return _MARKERS.sub("", answer)


def normalise(text: str) -> list[str]:
    """Return the tokens of a text that are compared."""
    lowered = unicodedata.normalize("NFC", text).lower()
    bare = "".join(c for c in lowered if not unicodedata.category(c).startswith(("P", "S")))
    return _ARTICLES.sub(" ", bare).split()


def exact_match(answer: str, reference: str) -> float:
    """Return 1 when both have the same tokens in the same order, else 0."""
    return float(normalise(answer) == normalise(reference))


def token_f1(answer: str, reference: str) -> float:
    """Return the harmonic mean (0..1) of precision and recall over the bags of tokens."""
    given, wanted = normalise(answer), normalise(reference)
    common = (Counter(given) & Counter(wanted)).total()
    return _f_measure(common, len(given), len(wanted))


def rouge_l(answer: str, reference: str) -> float:
    """Return the F-measure (0..1) over the longest common subsequence of tokens."""
    given, wanted = normalise(answer), normalise(reference)
    return _f_measure(_common_subsequence(given, wanted), len(given), len(wanted))


def _f_measure(common: int, given: int, wanted: int) -> float:
    if given == wanted == 0:
        return 1.0
    return 2 * common / (given + wanted)


def _common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, row by row of the usual table."""
    row = [0] * (len(other) + 1)
    for token in one:
        diagonal = 0
        for at, candidate in enumerate(other, start=1):
            above = row[at]
            row[at] = diagonal + 1 if token == candidate else max(above, row[at - 1])
            diagonal = above
    return row[-1]
