"""Turns what the service did with one question into figures, one a metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

from evals.qa import Given
from evals.suites.cases import Case
from evals.text_overlap import bleu, exact_match, rouge_l, token_f1, without_markers
from graphs.query.support import judge
from providers.chat_model.reading.sentences import UnitKind, units

DEPTH = 100
"""How many pages a ranking is cut to."""
RETRIEVAL_MEASURES = {
    "ndcg@10": nDCG @ 10,
    "recall@100": R @ 100,
    "mrr@10": RR @ 10,
    "hit_rate@5": Success @ 5,
}
"""Those of ir-measures, by the names of the reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A passage that a search found; `page` is None for formats without pages."""

    source: str
    page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """An answer, what it took, and what was left out on the way."""

    given: Given
    latency_ms: float
    cost_usd: float = 0.0
    model: str = ""
    degraded: Sequence[str] = ()


def score_retrieval(
    cases: Sequence[Case], rankings: Mapping[str, Sequence[Found]]
) -> dict[str, dict[str, float]]:
    """Score rankings of pages, by metric and id of the case.

    Args:
        cases: Only those with a document count.
        rankings: Passages by id of the case, best first; several of one page count once. A
            passage without a page counts for its whole document.
    """
    placed = [case for case in cases if case.answerable and case.document]
    scores = {name: {case.id: 0.0 for case in placed} for name in RETRIEVAL_MEASURES}
    qrels = [Qrel(case.id, _wanted(case), 1) for case in placed]
    if not qrels:
        return {}
    run = [
        ScoredDoc(case.id, key, float(DEPTH - position))
        for case in placed
        for position, key in enumerate(_pages(case, rankings.get(case.id, ())))
    ]
    names = {measure: name for name, measure in RETRIEVAL_MEASURES.items()}
    for found in ir_measures.iter_calc(list(names), qrels, run):
        scores[names[found.measure]][found.query_id] = round(float(found.value), 4)
    return scores


def _pages(case: Case, found: Sequence[Found]) -> list[str]:
    keys = [_wanted(case) if _is_place(case, each) else _key(each) for each in found]
    return list(dict.fromkeys(keys))[:DEPTH]


def _wanted(case: Case) -> str:
    return _key(Found(source=case.document or "", page=case.page))


def _key(found: Found) -> str:
    return f"{found.source}#{found.page or ''}"


def _is_place(case: Case, found: Found) -> bool:
    is_page = found.page is None or case.page is None or found.page == case.page
    return found.source == case.document and is_page


def score_answer(case: Case, observed: Observed) -> dict[str, float]:
    """Score one answer; a metric that says nothing about such a case is left out.

    `citation_precision` is the share of the citations that name the place which proves the
    answer, `citation_recall` whether any does, `groundedness` the share of the answer's
    sentences that their passages support. Latency is in milliseconds, cost in US dollars.
    """
    given = observed.given
    scores = {
        "right_decision": float(given.abstained is not case.answerable),
        "latency_ms": round(observed.latency_ms, 1),
        "cost_usd": observed.cost_usd,
    }
    if not given.abstained:
        scores["groundedness"] = groundedness(given, case.language)
    if case.answerable:
        scores |= _overlap(case, given) | _citations(case, given)
    return {name: round(value, 6) for name, value in scores.items()}


def _overlap(case: Case, given: Given) -> dict[str, float]:
    measures = {
        "exact_match": exact_match,
        "token_f1": token_f1,
        "rouge_l": rouge_l,
        "bleu": bleu,
    }
    if given.abstained:
        return dict.fromkeys(measures, 0.0)
    said = without_markers(given.answer)
    return {name: measure(said, case.answer or "") for name, measure in measures.items()}


def _citations(case: Case, given: Given) -> dict[str, float]:
    if case.document is None:
        return {}
    right = [
        _is_place(case, Found(source=cited.place.source, page=cited.place.page))
        for cited in given.citations
    ]
    precision = sum(right) / len(right) if right else 0.0
    return {"citation_precision": precision, "citation_recall": float(any(right))}


def groundedness(given: Given, language: str) -> float:
    """Return the share (0..1) of an answer's sentences that a cited passage supports."""
    cited = [given.passages.get(citation.chunk_id, citation.quote) for citation in given.citations]
    sentences = [
        unit.text
        for unit in units(without_markers(given.answer))
        if unit.kind is not UnitKind.HEADING
    ]
    if not sentences:
        return 0.0
    held = [
        any(judge(sentence, passage, language=language).supported for passage in cited)
        for sentence in sentences
    ]
    return sum(held) / len(held)
