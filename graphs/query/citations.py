"""Checks each sentence of an answer against the passages it cites."""

import re
from collections.abc import Sequence

from graphs.query.pages import page_at
from graphs.query.state import CheckedSentence, CitedSpan, Passage
from graphs.query.support import Verdict, judge
from graphs.query.titles import title_of
from providers.chat_model.abstention import is_abstention

MARKER = re.compile(r"\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_SPACE_BEFORE_STOP = re.compile(r"\s+([.!?,;:])")
_MAX_CITATIONS = 3
"""Citations of one sentence that are shown."""


class CitationChecker:
    """Lets a sentence leave only with citations that support it, and numbers them anew.

    Markers in what leaves count from 1 in order of appearance; each stands for one quoted
    span, so that two sentences of one passage have two citations with their own pages.
    """

    def __init__(self, passages: Sequence[Passage], *, language: str, min_support: float) -> None:
        self._passages = passages
        self._language = language
        self._min_support = min_support
        self._known: dict[tuple[str, int, int], CitedSpan] = {}

    @property
    def citations(self) -> list[CitedSpan]:
        """The citations so far, by marker."""
        return list(self._known.values())

    def check(self, written: str) -> CheckedSentence | None:
        """Return the sentence with checked markers, or None when nothing supports it.

        A marker that points nowhere or to a passage that does not support the sentence is
        removed. When none is left, the other passages are tried before it is given up.
        """
        claim = _SPACE_BEFORE_STOP.sub(r"\1", MARKER.sub("", written)).strip()
        if not any(character.isalnum() for character in claim) or is_abstention(claim):
            return None
        named = [int(n) for match in MARKER.finditer(written) for n in match[1].split(",")]
        cited = [n - 1 for n in dict.fromkeys(named) if 1 <= n <= len(self._passages)]
        others = [index for index in range(len(self._passages)) if index not in cited]
        found = self._supporting(claim, cited) or self._supporting(claim, others)[:1]
        if not found:
            return None
        spans = [self._cite(index, verdict) for index, verdict in found[:_MAX_CITATIONS]]
        unique = {span.marker: span for span in spans}
        markers = "".join(f"[{marker}]" for marker in unique)
        body, stop = claim.rstrip(".!?"), claim[len(claim.rstrip(".!?")) :]
        return CheckedSentence(text=f"{body} {markers}{stop}", citations=tuple(unique.values()))

    def _supporting(self, claim: str, indices: Sequence[int]) -> list[tuple[int, Verdict]]:
        """Return the passages among `indices` that support a claim, the best first."""
        verdicts = [(index, self._judge(claim, self._passages[index])) for index in indices]
        good = [(index, verdict) for index, verdict in verdicts if verdict.supported]
        return sorted(good, key=lambda found: (-found[1].score, found[0]))

    def _judge(self, claim: str, passage: Passage) -> Verdict:
        return judge(
            claim,
            passage.text,
            language=passage.chunk.language or self._language,
            title=title_of(passage),
            min_score=self._min_support,
        )

    def _cite(self, index: int, verdict: Verdict) -> CitedSpan:
        chunk = self._passages[index].chunk
        key = (chunk.chunk_id, verdict.start, verdict.end)
        known = self._known.get(key)
        if known is not None:
            return known
        span = CitedSpan(
            marker=len(self._known) + 1,
            document_id=chunk.document_id,
            version=chunk.version,
            chunk_id=chunk.chunk_id,
            source=chunk.source,
            page=page_at(chunk, verdict.start),
            heading_path=list(chunk.heading_path),
            quote=chunk.text[verdict.start : verdict.end],
            start=chunk.char_start + verdict.start,
            end=chunk.char_start + verdict.end,
            support=round(verdict.score, 4),
            attribution=chunk.attribution,
        )
        self._known[key] = span
        return span
