from collections.abc import Sequence

from evals.beir import CorpusRow, RetrievalSet
from evals.retrieval import evaluate_retrieval


async def test_chunks_fold_to_documents_and_each_query_is_ranked() -> None:
    dataset = RetrievalSet(
        corpus=(CorpusRow(_id="a", text="x"), CorpusRow(_id="b", text="y")),
        queries={"q1": "one", "q2": "two"},
        judgements={"q1": {"a": 1}, "q2": {"b": 1}},
    )
    timed: list[str] = []

    async def search(text: str) -> Sequence[str]:
        timed.append(text)
        return []

    async def rank(text: str) -> Sequence[str]:
        return ["b", "b", "b", "b", "b", "a"] if text == "one" else ["b"]

    report = await evaluate_retrieval(dataset, search, rank)
    assert timed == ["one", "one", "two"], "the first query warms up, then each is timed"
    assert report["queries"] == 2
    assert report["documents"] == 2
    assert report["metrics"] == {"nDCG@10": 0.8155, "R@100": 1.0, "RR@10": 0.75, "Success@5": 1.0}
    assert 0 <= report["query_ms"]["p50"] <= report["query_ms"]["p95"]
