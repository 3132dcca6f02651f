"""Answers from the caches: when they come, what they say, and when they must not come."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from data.models import Use
from data.terms import NewLicence, Terms
from graphs.query.caching.answers import Admits, AnswerCache, Leans
from graphs.query.caching.keys import entry_key, questions_index
from graphs.query.caching.semantic import SemanticCache
from graphs.query.caching.settings import CacheSettings
from graphs.query.graph import build
from graphs.query.state import Context, QueryInput
from graphs.query.steps import Turn
from providers.cache.counting import CacheCounters, CacheEvent, CacheKind
from providers.cache.memory import MemoryCache, MemoryCacheConfig
from providers.cache.patient import PatientCache
from providers.errors import TransientProviderError
from providers.principal import Principal, Role
from providers.types import ChatMessage, ChatRole

QUESTION = "How often must I descale the kettle?"
SAME = "How often should I descale the kettle?"
NOT_THE_SAME = (
    "How often must I never descale the kettle?",
    "How do I descale the kettle?",
    "How often must I clean the kettle?",
    "How often must I descale the KX-200 kettle?",
)
CLOSED = Terms(uses=frozenset({Use.INDEX}))


class Leaky(MemoryCache):
    """A cache that can be down, and whose keys can be looked at."""

    def __init__(self) -> None:
        super().__init__(MemoryCacheConfig())
        self.down = False
        self.calls = 0

    async def get(self, key: str) -> bytes | None:
        self._meet()
        return await super().get(key)

    async def set(self, key: str, value: bytes, *, ttl_s: float | None = None) -> None:
        self._meet()
        await super().set(key, value, ttl_s=ttl_s)

    def _meet(self) -> None:
        self.calls += 1
        if self.down:
            raise TransientProviderError("the cache is down")

    def keys(self, prefix: str) -> list[str]:
        return [key for key in self._entries if key.startswith(prefix)]


@dataclass(kw_only=True)
class Desk:
    """The answer graph with caches, over the library of the bench."""

    bench: Any
    cache: Leaky
    settings: CacheSettings
    versions: str = "v1"
    leans: Leans | None = None
    admits: Admits | None = None
    shared: AnswerCache | None = None
    counters: CacheCounters = field(default_factory=CacheCounters)

    @property
    def answers(self) -> AnswerCache:
        patient = PatientCache(self.cache, timeout_s=1, pause_s=60)
        providers = self.bench.providers
        return AnswerCache(
            patient,
            self.bench.database,
            self.settings,
            self.counters,
            versions=lambda: self.versions,
            leans=self.leans,
            admits=self.admits,
            semantic=SemanticCache(
                patient, providers.store, providers.embedder, self.settings.semantic, self.counters
            ),
        )

    async def ask(
        self,
        question: str = QUESTION,
        *,
        principal: Principal | None = None,
        history: tuple[ChatMessage, ...] = (),
        conversation_id: str | None = None,
        **context: Any,
    ) -> dict[str, Any]:
        bench = self.bench if principal is None else replace(self.bench, principal=principal)
        self.bench.events.clear()
        graph = build(
            bench.providers,
            bench.database,
            bench.settings,
            answers=self.shared or self.answers,
        ).compile()
        last: dict[str, Any] = {}
        given: QueryInput = {
            "question": question,
            "history": history,
            "conversation_id": conversation_id,
        }
        stream: Any = graph.astream(
            given,
            bench.config("trace-1"),
            context=Context(**context),
            stream_mode=["custom", "values"],
            version="v2",
        )
        async for part in stream:
            if part["type"] == "custom":
                self.bench.events.append(part["data"])
            else:
                last = dict(part["data"])
        return last

    def counted(self, kind: CacheKind) -> dict[CacheEvent, int]:
        counts = self.counters.of(self.bench.principal.tenant_id, kind)
        return {event: count for event, count in counts.items() if count}

    def said(self) -> list[str]:
        return [event["text"] for event in self.bench.said("token")]


@pytest.fixture
async def desk(bench: Any) -> AsyncIterator[Desk]:
    cache = Leaky()
    yield Desk(bench=bench, cache=cache, settings=CacheSettings())
    await cache.aclose()


@pytest.fixture
def meaning(desk: Desk) -> Desk:
    """Only the semantic cache is on; the embedder of tests hashes words, hence the threshold."""
    desk.settings = CacheSettings.model_validate(
        {"exact": {"enabled": False}, "semantic": {"enabled": True, "threshold": 0.6}}
    )
    return desk


async def test_the_same_question_is_answered_from_the_cache(desk: Desk) -> None:
    first = await desk.ask()
    told, cited = desk.said(), desk.bench.said("citation")
    assert first["cached"] is None
    again = await desk.ask("  how often must I\n descale THE kettle ")
    assert again["cached"] == "exact"
    assert (again["answer"], again["citations"]) == (first["answer"], first["citations"])
    assert again["usage"].cost_usd == 0 and again["usage"].output_tokens == 0
    assert (desk.said(), desk.bench.said("citation")) == (told, cited)
    (hit,) = desk.bench.said("cache.hit")
    assert (hit["kind"], hit["question"], hit["similarity"]) == ("exact", QUESTION, None)
    (found,) = desk.bench.said("passages.retrieved")
    assert [hit["chunk_id"] for hit in found["hits"]] == [first["citations"][0].chunk_id]
    assert "retrieve" not in [event["node"] for event in desk.bench.said("node.started")]
    assert desk.counted(CacheKind.EXACT) == {
        CacheEvent.MISS: 1,
        CacheEvent.STORED: 1,
        CacheEvent.HIT: 1,
    }


async def test_an_answer_from_the_cache_is_recorded_like_any_other(desk: Desk) -> None:
    for _ in range(2):
        await desk.ask(conversation_id="chat")
    async with desk.bench.database.begin(desk.bench.principal) as tx:
        turns = await tx.conversations.messages("chat")
        events = await tx.audit.list()
        calls = await tx.llm_calls.of_trace("trace-1")
    assert [turn.content for turn in turns[:2]] == [turn.content for turn in turns[2:]]
    assert turns[3].citations == turns[1].citations != []
    answered = [event.detail for event in events if event.action == "question.answered"]
    assert [detail["cached"] for detail in answered] == ["exact", None]
    assert len(calls) == 1


@pytest.mark.parametrize(
    "other", [{"top_k": 3}, {"mode": "sparse"}, {"rerank": False}, {"cache": False}]
)
async def test_another_choice_is_answered_anew(desk: Desk, other: dict[str, Any]) -> None:
    await desk.ask()
    assert (await desk.ask(**other))["cached"] is None


async def test_other_versions_audiences_and_tenants_are_answered_anew(desk: Desk) -> None:
    await desk.ask()
    public = Principal(
        tenant_id=desk.bench.principal.tenant_id,
        subject="visitor",
        roles=frozenset({Role.READER}),
        attributes={"audience": "public"},
    )
    seen = await desk.ask(principal=public)
    assert (seen["cached"], seen["abstained"]) == (None, True)
    stranger = replace(desk.bench.principal, tenant_id="other")
    assert (await desk.ask(principal=stranger))["abstained"]
    colleague = replace(desk.bench.principal, subject="colleague")
    assert (await desk.ask(principal=colleague))["cached"] == "exact"
    desk.versions = "v2"
    assert (await desk.ask())["cached"] is None


async def test_what_was_said_before_belongs_to_the_question(desk: Desk) -> None:
    said = (ChatMessage(role=ChatRole.USER, content="What about kettles?"),)
    await desk.ask(history=said)
    assert (await desk.ask())["cached"] is None
    assert (await desk.ask(history=said))["cached"] == "exact"


async def test_a_question_that_stands_alone_in_a_conversation_is_found(meaning: Desk) -> None:
    said = (ChatMessage(role=ChatRole.USER, content="What about ovens?"),)
    meaning.settings = CacheSettings.model_validate(
        {"semantic": {"enabled": True, "threshold": 0.6}}
    )
    meaning.leans = lambda question, language: question.startswith("And")
    await meaning.ask()
    assert (await meaning.ask(history=said))["cached"] == "exact"
    assert (await meaning.ask(SAME, history=said))["cached"] == "semantic"
    assert (await meaning.ask(f"And {QUESTION}", history=said))["cached"] is None


async def test_what_a_turn_may_not_find_is_not_told_from_a_cache(meaning: Desk) -> None:
    meaning.settings = CacheSettings.model_validate(
        {"semantic": {"enabled": True, "threshold": 0.6}}
    )
    await meaning.ask()
    asked: list[str] = []

    async def nothing(turn: Turn, collection_id: str, live: Any) -> bool:
        asked.extend(chunk.collection_id for chunk in live)
        assert {collection_id} == set(asked)
        return False

    meaning.admits = nothing
    assert (await meaning.ask())["cached"] is None
    assert (await meaning.ask(SAME))["cached"] is None
    assert asked


async def _publish(desk: Desk) -> None:
    await desk.bench.add("more.md", "# Hob\n\nThe hob has four zones and a timer.")


async def _change(desk: Desk) -> None:
    await desk.bench.add("kettle.md", "# KX-200 kettle\n\nDescale the kettle every month.")


async def _delete(desk: Desk) -> None:
    async with desk.bench.database.begin(desk.bench.principal) as tx:
        (found,) = [row for row in (await tx.documents.list())[0] if row.source == "kettle.md"]
        await tx.documents.soft_delete(found.id)


async def _forbid(desk: Desk) -> None:
    async with desk.bench.database.begin(desk.bench.principal) as tx:
        (found,) = [row for row in (await tx.documents.list())[0] if row.source == "kettle.md"]
        licence = await tx.licences.put(NewLicence(name="closed", terms=CLOSED))
        await tx.licences.give_document(found.id, licence.id, Terms())


async def _expire(desk: Desk) -> None:
    async with desk.bench.database.begin(desk.bench.principal) as tx:
        (found,) = [row for row in (await tx.documents.list())[0] if row.source == "kettle.md"]
        found.quotable_until = found.created_at  # time passes: nobody touches the collection


@pytest.mark.parametrize("change", [_publish, _change, _delete, _forbid, _expire])
async def test_a_change_of_the_collection_ends_exact_answers(desk: Desk, change: Any) -> None:
    before = await desk.ask()
    await change(desk)
    after = await desk.ask()
    assert after["cached"] is None
    if change is _change:
        assert "every month" in after["answer"] and after["answer"] != before["answer"]
    if change in {_delete, _forbid, _expire}:
        assert "every three months" not in after["answer"]


@pytest.mark.parametrize("change", [_change, _delete, _forbid, _expire])
async def test_a_change_of_what_is_cited_ends_answers_by_meaning(
    meaning: Desk, change: Any
) -> None:
    await meaning.ask()
    assert (await meaning.ask(SAME))["cached"] == "semantic"
    await change(meaning)
    after = await meaning.ask(SAME)
    assert after["cached"] is None
    assert "every three months" not in after["answer"]
    assert meaning.counted(CacheKind.SEMANTIC)[CacheEvent.STALE] == 1


async def test_other_documents_leave_answers_by_meaning_alone(meaning: Desk) -> None:
    first = await meaning.ask()
    await _publish(meaning)
    again = await meaning.ask(SAME)
    assert (again["cached"], again["answer"]) == ("semantic", first["answer"])
    (hit,) = meaning.bench.said("cache.hit")
    assert hit["question"] == QUESTION
    assert 0.6 <= hit["similarity"] < 1


@pytest.mark.parametrize("question", NOT_THE_SAME)
async def test_what_only_looks_alike_is_answered_anew(meaning: Desk, question: str) -> None:
    meaning.settings = CacheSettings.model_validate(
        {"exact": {"enabled": False}, "semantic": {"enabled": True, "threshold": 0.5}}
    )
    await meaning.ask()
    assert (await meaning.ask(question))["cached"] is None


async def test_meaning_serves_its_collections_and_questions_that_stand_alone(
    meaning: Desk,
) -> None:
    await meaning.ask()
    said = (ChatMessage(role=ChatRole.USER, content="What about kettles?"),)
    assert (await meaning.ask(SAME, history=said))["cached"] is None
    assert (await meaning.ask(SAME, top_k=3))["cached"] is None
    meaning.settings = CacheSettings.model_validate(
        {"semantic": {"enabled": True, "threshold": 0.6, "collections": ["others"]}}
    )
    assert (await meaning.ask(SAME))["cached"] is None


async def test_abstentions_are_kept_for_the_same_question_only(desk: Desk) -> None:
    desk.settings = CacheSettings.model_validate({"semantic": {"enabled": True, "threshold": 0.6}})
    unknown = "How many astronauts fit the spaceship?"
    assert (await desk.ask(unknown))["abstained"]
    assert (await desk.ask(unknown))["cached"] == "exact"
    assert desk.said() == [(await desk.ask(unknown))["answer"]]
    assert not desk.cache.keys("question:")


@pytest.mark.parametrize("broken", [b"", b"{", b'{"form": 1}', b"\xff\xfe"])
async def test_a_broken_entry_is_removed(desk: Desk, broken: bytes) -> None:
    await desk.ask()
    (key,) = desk.cache.keys("answer:default:")
    await desk.cache.set(key, broken)
    assert (await desk.ask())["cached"] is None
    assert desk.counted(CacheKind.EXACT)[CacheEvent.BROKEN] == 1
    assert (await desk.ask())["cached"] == "exact"


async def test_a_broken_or_lost_entry_goes_with_its_question(meaning: Desk) -> None:
    store, tenant = meaning.bench.providers.store, meaning.bench.principal.tenant_id
    async with meaning.bench.database.begin(meaning.bench.principal) as tx:
        state = await tx.collections.state("default")
    index = questions_index(state.collection_id, meaning.bench.providers.embedder.fingerprint)
    for spoil in (meaning.cache.delete, lambda key: meaning.cache.set(key, b"{")):
        await meaning.ask()
        (id,) = await store.ids(index, tenant)
        await spoil(entry_key(tenant, id))
        # A question that is not kept itself, so that only removals are seen.
        assert (await meaning.ask(SAME, top_k=8))["cached"] is None
        (kept,) = await store.ids(index, tenant)
        assert kept != id
        await store.delete(index, tenant, [kept])


async def test_questions_that_become_too_many_are_forgotten(meaning: Desk) -> None:
    meaning.settings = CacheSettings.model_validate(
        {
            "exact": {"enabled": False},
            "semantic": {"enabled": True, "threshold": 0.6, "max_questions": 2},
        }
    )
    store, tenant = meaning.bench.providers.store, meaning.bench.principal.tenant_id
    async with meaning.bench.database.begin(meaning.bench.principal) as tx:
        state = await tx.collections.state("default")
    index = questions_index(state.collection_id, meaning.bench.providers.embedder.fingerprint)
    answers = meaning.answers
    meaning.shared = answers
    counts = []
    for question in (
        "How often must I descale the kettle?",
        "How much does the KX-200 kettle hold?",
        "How loud is the KX-200 in operation?",
        "What must not be used to descale the kettle?",
    ):
        assert not (await meaning.ask(question))["abstained"]
        counts.append(await store.count(index, tenant))
    assert counts == [1, 2, 3, 0]
    assert not meaning.cache.keys("question:")


async def test_a_cache_that_is_down_misses_and_is_left_alone(meaning: Desk) -> None:
    meaning.settings = CacheSettings.model_validate(
        {"semantic": {"enabled": True, "threshold": 0.6}}
    )
    await meaning.ask()
    meaning.cache.down = True
    before = meaning.cache.calls
    down = await meaning.ask(SAME)
    assert (down["cached"], down["degraded"]) == (None, [])
    assert "every three months" in down["answer"]
    assert meaning.cache.calls == before + 1
    meaning.cache.down = False
    assert (await meaning.ask(SAME))["cached"] == "semantic"


async def test_a_degraded_answer_is_not_kept(desk: Desk) -> None:
    class Down:
        model = "down"
        in_process = True

        async def stream(self, request: Any) -> Any:
            raise TransientProviderError("no")
            yield

    extractive = desk.bench.providers.chat_model
    desk.bench = desk.bench.using(chat_model=Down(), fallback=extractive)
    for _ in range(2):
        answer = await desk.ask()
        assert answer["cached"] is None and answer["degraded"]
