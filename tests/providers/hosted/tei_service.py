"""Text Embeddings Inference as its HTTP API describes it, around the hashing embedder."""

import re
from typing import Any

from providers.embedder.hashing import HashingConfig, HashingEmbedder
from tests.providers.hosted.json_service import JsonService, Refused
from tests.providers.source.site import Served

MODEL, SHA = "cicerone/hashing", "0f0f0f"
DIMENSIONS = 256
_EMBEDDER = HashingEmbedder(HashingConfig(dimensions=DIMENSIONS))
_TOKEN = re.compile(r"\w+|[^\w\s]")
_FIELDS = {
    "/embed": {"inputs", "truncate", "truncation_direction", "prompt_name", "normalize"},
    "/rerank": {"query", "texts", "truncate", "truncation_direction", "raw_scores", "return_text"},
    "/tokenize": {"inputs", "add_special_tokens", "prompt_name"},
}


def tei_service(
    served: Served,
    *,
    kind: str = "embedding",
    api_key: str | None = None,
    max_batch: int = 8,
    max_length: int = 512,
    prompt: str = "",
) -> JsonService:
    """Serve; `prompt` is what the server puts before each text of its own accord."""
    info = {
        "model_id": MODEL,
        "model_sha": SHA,
        "model_dtype": "float16",
        "served_model_name": "house-model",
        "model_type": {kind: {"pooling": "mean"}},
        "max_concurrent_requests": 512,
        "max_input_length": max_length,
        "max_batch_tokens": 16384,
        "max_batch_requests": None,
        "max_client_batch_size": max_batch,
        "auto_truncate": False,
        "tokenization_workers": 2,
        "version": "1.9.3",
        "sha": None,
        "docker_label": None,
    }

    def embed(body: Any) -> Any:
        texts = _batch("/embed", body, "inputs", max_batch)
        _lengths(texts, max_length, truncate=body.get("truncate", False))
        return vectors([prompt + text for text in texts])

    def rerank(body: Any) -> Any:
        texts = _batch("/rerank", body, "texts", max_batch)
        ranks = [
            {"index": index, "score": score}
            for index, score in enumerate(closeness(body["query"], texts))
        ]
        return sorted(ranks, key=lambda rank: -float(rank["score"]))

    def tokenize(body: Any) -> Any:
        texts = _batch("/tokenize", body, "inputs", max_batch)
        special = body.get("add_special_tokens", True)
        return [_tokens(prompt + text, special=special) for text in texts]

    routes = {"GET /info": lambda _body: info, "POST /tokenize": tokenize}
    routes |= {"POST /embed": embed} if kind == "embedding" else {"POST /rerank": rerank}
    return JsonService(served, routes, api_key=api_key)


def vectors(texts: list[str]) -> list[list[float]]:
    """Embed for real: by spelling."""
    rows = _EMBEDDER._embed(texts)
    return [[float(value) for value in row] for row in rows]


def closeness(question: str, texts: list[str]) -> list[float]:
    """Return the cosine of each text with the question, moved to 0..1."""
    rows = _EMBEDDER._embed([question, *texts])
    return [float(score) for score in (rows[1:] @ rows[0] + 1) / 2]


def _batch(route: str, body: Any, key: str, most: int) -> list[str]:
    if not set(body) <= _FIELDS[route]:
        raise Refused(
            422, {"error": f"unknown field in {sorted(body)}", "error_type": "Validation"}
        )
    texts: list[str] = body[key]
    if not texts:
        raise Refused(400, {"error": f"`{key}` cannot be empty", "error_type": "Empty"})
    if len(texts) > most:
        message = f"batch size {len(texts)} > maximum allowed batch size {most}"
        raise Refused(422, {"error": message, "error_type": "Validation"})
    if not all(texts):
        raise Refused(422, {"error": "`inputs` cannot be empty", "error_type": "Validation"})
    return texts


def _lengths(texts: list[str], most: int, *, truncate: bool) -> None:
    longest = max(len(_TOKEN.findall(text)) for text in texts)
    if longest > most and not truncate:
        message = f"`inputs` must have less than {most} tokens. Given: {longest}"
        raise Refused(422, {"error": message, "error_type": "Validation"})


def _tokens(text: str, *, special: bool) -> list[dict[str, Any]]:
    found = []
    for number, match in enumerate(_TOKEN.finditer(text)):
        start = len(text[: match.start()].encode())
        stop = start + len(match.group().encode())
        token = {"id": number, "text": match.group(), "special": False}
        found.append({**token, "start": start, "stop": stop})
    mark = {"id": 0, "text": "[CLS]", "special": True, "start": None, "stop": None}
    return [mark, *found, mark] if special else found
