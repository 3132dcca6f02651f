"""Servers of one's own that LiteLLM reaches: OpenAI's embeddings, rerankers of three vendors."""

from typing import Any

from tests.providers.hosted.json_service import JsonService, Route
from tests.providers.hosted.tei_service import closeness, vectors
from tests.providers.source.site import Served

RERANK_ROUTES = {
    "hosted_vllm": "POST /rerank",
    "cohere": "POST /v2/rerank",
    "jina_ai": "POST /v1/rerank",
}


def litellm_service(served: Served, api_key: str = "k3y") -> JsonService:
    """Serve embeddings by spelling and rerankings by closeness in spelling."""
    routes: dict[str, Route] = dict.fromkeys(RERANK_ROUTES.values(), _rerank)
    routes["POST /embeddings"] = _embed
    return JsonService(served, routes, api_key=api_key)


def _embed(body: Any) -> Any:
    assert all(body["input"]), "an empty input is refused"
    length = body.get("dimensions", 256)
    data = [
        {"object": "embedding", "index": index, "embedding": row[:length]}
        for index, row in enumerate(vectors(body["input"]))
    ]
    tokens = sum(len(text.split()) for text in body["input"])
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    # The order is the server's own affair.
    return {"object": "list", "model": body["model"], "data": data[::-1], "usage": usage}


def _rerank(body: Any) -> Any:
    assert body["return_documents"] is False
    scores = closeness(body["query"], body["documents"])
    results = [{"index": i, "relevance_score": score} for i, score in enumerate(scores)]
    results.sort(key=lambda result: -float(result["relevance_score"]))
    return {
        "id": "1",
        "model": body["model"],
        "results": results[: body["top_n"]],
        "usage": {"total_tokens": 9},
        "meta": {"billed_units": {"search_units": 1}},
    }
