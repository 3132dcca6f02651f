"""How much of a reference answer does an answer say? Token F1, exact match, ROUGE-L and BLEU.

Token F1 and exact match are those of SQuAD (Rajpurkar et al., EMNLP 2016): lower case, without
punctuation and English articles, tokens between white space. ROUGE-L is the F-measure over the
longest common subsequence of the same tokens (Lin, 2004, with equal weights, no stemming), as
rouge-score calculates it. BLEU is sacrebleu's of one sentence (Post, WMT 2018).
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Any

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
    if not normalise(answer) and not normalise(reference):
        return 1.0  # the package says 0 of nothing
    return float(_scorer().score(reference, answer)["rougeL"].fmeasure)


def bleu(answer: str, reference: str) -> float:
    """Return BLEU (0..1) of one sentence, with effective order and exponential smoothing."""
    return float(_bleu().sentence_score(answer, [reference]).score) / 100


class _Tokens:
    """The tokens of this module, where rouge-score would drop every letter beyond ASCII."""

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of a text."""
        return normalise(text)


@lru_cache(maxsize=1)
def _scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415 - takes a second

    return RougeScorer(["rougeL"], tokenizer=_Tokens())


@lru_cache(maxsize=1)
def _bleu() -> Any:
    from sacrebleu.metrics.bleu import BLEU  # noqa: PLC0415 - takes a part of a second

    return BLEU(effective_order=True)


def _f_measure(common: int, given: int, wanted: int) -> float:
    if given == wanted == 0:
        return 1.0
    return 2 * common / (given + wanted)
