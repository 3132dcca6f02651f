"""The steps of the query graph that look into the caches and fill them."""

from dataclasses import asdict
from functools import partial
from typing import Final

from graphs.query.caching.answers import AnswerCache, Given, Hit, Look
from graphs.query.state import Fused, Passage, QueryState
from graphs.query.steps import Route, Steps, Turn
from providers.types import ChatMessage, Usage

LOOK_UP: Final = "look_up"
"""Name of the node that looks into the caches."""


def with_cache(nodes: dict[str, Steps], answers: AnswerCache | None) -> dict[str, Steps]:
    """Return the nodes of the answer with those of the caches among them.

    All that is done to the question before it is searched for is done before it is looked for;
    answers that are found are recorded like others.
    """
    if answers is None:
        return nodes
    before = {name: step for name, step in nodes["retrieve"].items() if name != "retrieve"}
    look: Steps = {**before, LOOK_UP: partial(look_up, answers=answers)}
    retrieve: Steps = {"retrieve": nodes["retrieve"]["retrieve"]}
    record: Steps = {**nodes["record"], "remember": partial(remember, answers=answers)}
    return {LOOK_UP: look, **nodes, "retrieve": retrieve, "record": record}


def after_look_up(found: QueryState) -> str:
    """Go straight to recording when the answer is there."""
    return "record" if found.get("cached") else "retrieve"


ROUTES: Final[dict[str, tuple[Route, tuple[str, ...]]]] = {
    LOOK_UP: (after_look_up, ("record", "retrieve"))
}
"""Which nodes choose where to go, and where they may go."""


async def look_up(state: QueryState, turn: Turn, *, answers: AnswerCache) -> QueryState:
    """Look for an answer that was given before; one that is found is told like a new one."""
    if not turn.context.cache or state.get("refusal") is not None:
        return {"cached": None}
    look = await answers.look(turn, state["question"], state["language"], _earlier(state))
    if look is None or look.hit is None:
        return {"cached": None, "look": look}
    return {**await _replay(look, look.hit, turn, answers), "look": look}


def _earlier(state: QueryState) -> tuple[ChatMessage, ...]:
    """Return what the question may lean on: nothing once it was completed from there."""
    return () if "asked" in state else tuple(state.get("history", ()))


async def _replay(look: Look, hit: Hit, turn: Turn, answers: AnswerCache) -> QueryState:
    entry = hit.entry
    turn.emit(
        {
            "type": "cache.hit",
            "kind": hit.kind,
            "similarity": hit.similarity,
            "question": entry.question,
        }
    )
    support = {citation.chunk_id: citation.support for citation in entry.citations}
    passages = [
        Passage(
            rank=rank,
            score=support[chunk.chunk_id],
            chunk=chunk,
            page=chunk.page_start,
            fused=Fused(id=chunk.chunk_id, score=support[chunk.chunk_id]),
        )
        for rank, chunk in enumerate(await answers.cited(look, entry), 1)
    ]
    hits = [passage.as_hit() for passage in passages]
    turn.emit({"type": "passages.retrieved", "hits": hits, "reranked": False})
    _tell(hit, turn)
    return {
        "cached": hit.kind,
        "passages": passages,
        "reranked": False,
        "sentences": list(entry.sentences),
        "citations": list(entry.citations),
        "answer": entry.answer,
        "abstained": entry.abstained,
        "model": entry.model,
        "usage": Usage(),
        "calls": [],
    }


def _tell(hit: Hit, turn: Turn) -> None:
    known: set[int] = set()
    for sentence in hit.entry.sentences:
        turn.emit({"type": "token", "text": sentence.text})
        for citation in sentence.citations:
            if citation.marker not in known:
                known.add(citation.marker)
                turn.emit({"type": "citation", **asdict(citation)})
    if not hit.entry.sentences:
        turn.emit({"type": "token", "text": hit.entry.answer})


async def remember(state: QueryState, turn: Turn, *, answers: AnswerCache) -> QueryState:
    """Keep an answer that was written now, unless something was left out of it."""
    look = state.get("look")
    passed_by = state.get("cached") or state.get("refusal") or state.get("degraded")
    if look is None or passed_by:
        return {}
    given = Given(
        answer=state["answer"],
        abstained=state["abstained"],
        model=state["model"],
        sentences=state["sentences"],
        citations=state["citations"],
    )
    await answers.keep(look, given)
    return {}
