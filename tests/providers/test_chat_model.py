import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from providers import registry
from providers.chat_model.abstention import is_abstention
from providers.chat_model.extractive import ExtractiveChatModel, ExtractiveConfig
from providers.chat_model.scripted import Fault, ScriptedChatModel, ScriptedConfig
from providers.chat_model.scripted_server import ScriptedServer
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.errors import ProviderError, TransientProviderError
from providers.protocols import ChatModel
from providers.types import (
    ChatDelta,
    ChatMessage,
    ChatRequest,
    ChatRole,
    GroundingPassage,
    Status,
    TextKind,
)
from tests.providers import tiny_models

KX200 = GroundingPassage(
    marker=1,
    title="KX-200 manual › Capacity",
    score=0.9,
    text="The KX-200 holds 1.7 litres. Fill in at least 0.3 litres.",
)
KX300 = GroundingPassage(
    marker=2,
    title="KX-300 manual › Capacity",
    score=0.8,
    text="The KX-300 holds 2.0 litres. A second gauge shows the level.",
)
FILTER = GroundingPassage(
    marker=3,
    title="KX-200 manual › Filter",
    score=0.5,
    text=(
        "To change the filter:\n1. Empty the kettle.\n2. Pull the filter up.\n"
        "3. Press the new filter down until it clicks.\n"
    ),
)
TABLE = GroundingPassage(
    marker=4,
    title="Dishwasher › Programmes",
    score=0.5,
    text=(
        "| Programme | Temperature | Duration |\n| --- | --- | --- |\n"
        "| Eco | 50 °C | 225 min |\n| Quick | 45 °C | 30 min |"
    ),
)
GERMAN = GroundingPassage(
    marker=5,
    title="Ofen BX-40 › Dampf",
    score=0.5,
    language="de",
    text="Der Wassertank fasst 1,2 l. Füllen Sie ihn nur mit kaltem Wasser.",
)
ALL = (KX200, KX300, FILTER, TABLE)


def request(question: str, *passages: GroundingPassage) -> ChatRequest:
    shown = passages or ALL
    quoted = "\n\n".join(f"[{one.marker}] ({one.title})\n{one.text}" for one in shown)
    prompt = ChatMessage(role=ChatRole.USER, content=f"{quoted}\n\nQuestion: {question}")
    return ChatRequest(messages=(prompt,), question=question, passages=shown)


async def answer(model: ChatModel, asked: ChatRequest) -> tuple[str, list[ChatDelta]]:
    deltas = [delta async for delta in model.stream(asked)]
    return "".join(delta.text for delta in deltas), deltas


@pytest.fixture(
    params=[
        "extractive",
        "scripted",
        pytest.param("litellm", marks=pytest.mark.integration),
        pytest.param("transformers", marks=pytest.mark.integration),
    ]
)
async def model(request: pytest.FixtureRequest) -> AsyncIterator[ChatModel]:
    options: dict[str, Any] = {}
    if request.param == "transformers":
        folder = request.getfixturevalue("tmp_path") / "chat"
        tiny_models.write_chat_folder(folder, max_position_embeddings=1024)
        options["model"] = str(folder)
    async with ScriptedServer() as server:
        if request.param == "litellm":
            options = {"model": "openai/scripted", "api_base": server.base_url, "api_key": "k"}
        yield registry.load(registry.CHAT_MODEL, request.param, options)


async def test_contract(model: ChatModel) -> None:
    text, deltas = await answer(model, request("How many litres does the KX-200 hold?"))
    assert text
    usage = deltas[-1].usage
    assert usage is not None
    assert usage.output_tokens > 0
    assert all(delta.usage is None for delta in deltas[:-1])
    assert (await model.check()).status is Status.READY
    assert model.model
    await model.aclose()
    await model.aclose()


@pytest.mark.parametrize("name", ["extractive", "scripted"])
async def test_the_answer_is_in_the_passages(name: str) -> None:
    model = registry.load(registry.CHAT_MODEL, name, {})
    text, _ = await answer(model, request("How many litres does the KX-200 hold?"))
    assert "1.7 litres" in text


@pytest.mark.parametrize(
    ("name", "needed"), [("extractive", {}), ("scripted", {}), ("litellm", {"model": "m"})]
)
def test_an_unknown_option_is_refused(name: str, needed: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match="temperature"):
        registry.load(registry.CHAT_MODEL, name, {**needed, "temperature": 1})


class TestExtractive:
    @pytest.fixture
    def model(self) -> ExtractiveChatModel:
        return ExtractiveChatModel(ExtractiveConfig())

    @pytest.mark.parametrize(
        ("question", "expected", "marker"),
        [
            ("How many litres does the KX-200 hold?", "1.7 litres", "[1]"),
            ("How many litres does the KX-300 hold?", "2.0 litres", "[2]"),
            ("How long does the Quick programme take?", "30 min", "[4]"),
            ("What temperature does the Eco programme use?", "50 °C", "[4]"),
        ],
    )
    async def test_answers_with_the_right_sentence(
        self, model: ExtractiveChatModel, question: str, expected: str, marker: str
    ) -> None:
        text, _ = await answer(model, request(question))
        first = text.splitlines()[0]
        assert expected in first
        assert marker in first

    async def test_a_row_shows_only_the_column_asked_for(self, model: ExtractiveChatModel) -> None:
        text, _ = await answer(model, request("What temperature does the Eco programme use?"))
        assert "225" not in text
        assert "Temperature 50 °C" in text

    async def test_the_steps_of_a_list_stay_together_in_order(
        self, model: ExtractiveChatModel
    ) -> None:
        text, _ = await answer(model, request("How do I change the filter?"))
        assert text.splitlines() == [
            "Empty the kettle [3].",
            "Pull the filter up [3].",
            "Press the new filter down until it clicks [3].",
        ]

    @pytest.mark.parametrize(
        "question",
        [
            "How many litres does the KX-400 hold?",
            "What does the KX-200 cost?",
            "Which colours does the KX-200 come in?",
            "How loud is the dishwasher at night?",
            "Who won the football match?",
        ],
    )
    async def test_abstains_on_what_the_passages_do_not_say(
        self, model: ExtractiveChatModel, question: str
    ) -> None:
        text, _ = await answer(model, request(question))
        assert is_abstention(text)

    @pytest.mark.parametrize(
        ("question", "answered"),
        [
            ("What temperature does the Eco programme use?", True),
            ("What temperature does the Eco programme use at E04?", False),
            ("What temperature does the Eco programme use over IPv6?", True),
        ],
    )
    async def test_a_code_that_no_passage_names_is_not_answered(
        self, model: ExtractiveChatModel, question: str, answered: bool
    ) -> None:
        text, _ = await answer(model, request(question, TABLE))
        assert is_abstention(text) is not answered

    async def test_answers_and_abstains_in_german(self, model: ExtractiveChatModel) -> None:
        text, _ = await answer(model, request("Wie viel Wasser fasst der Tank?", GERMAN))
        assert text.startswith("Der Wassertank fasst 1,2 l [5].")
        text, _ = await answer(model, request("Wie laut ist das Gerät?", GERMAN))
        assert text == "Die Dokumente beantworten diese Frage nicht."

    async def test_abstains_without_passages(self, model: ExtractiveChatModel) -> None:
        asked = ChatRequest(messages=(), question="How hot?", passages=())
        text, _ = await answer(model, asked)
        assert is_abstention(text)

    async def test_an_embedder_may_help_and_may_fail(self, model: ExtractiveChatModel) -> None:
        asked = request("How many litres does the KX-200 hold?")
        model.bind_embedder(HashingEmbedder(HashingConfig(dimensions=64)))
        with_meaning, _ = await answer(model, asked)
        model.bind_embedder(_Broken(HashingConfig(dimensions=64)))
        without, _ = await answer(model, asked)
        assert "1.7 litres" in with_meaning
        assert "1.7 litres" in without


class TestMeaning:
    """What a bound embedder changes; one that knows which words are alike stands in for a model."""

    @pytest.fixture
    def embedder(self) -> "_Concepts":
        return _Concepts(HashingConfig(dimensions=64))

    @pytest.fixture
    def model(self, embedder: "_Concepts") -> ExtractiveChatModel:
        model = ExtractiveChatModel(ExtractiveConfig())
        model.bind_embedder(embedder)
        return model

    async def test_a_paraphrase_is_answered(self, model: ExtractiveChatModel) -> None:
        asked = request("What is the volume of the KX-200 jug?", KX200, KX300)
        text, _ = await answer(model, asked)
        assert text.startswith("The KX-200 holds 1.7 litres [1].")
        model.bind_embedder(None)
        assert is_abstention((await answer(model, asked))[0])

    async def test_meaning_alone_does_not_answer(self, model: ExtractiveChatModel) -> None:
        asked = request("What is the volume of the KX-400 jug?", KX200, KX300)
        assert is_abstention((await answer(model, asked))[0])

    async def test_sentences_go_in_one_batch_and_are_remembered(
        self, model: ExtractiveChatModel, embedder: "_Concepts"
    ) -> None:
        await answer(model, request("How many litres does the KX-200 hold?"))
        await answer(model, request("What temperature does the Eco programme use?"))
        assert embedder.passages_by_call == [len(set(embedder.seen))]
        await answer(model, request("Wie viel Wasser fasst der Tank?", *ALL, GERMAN))
        assert embedder.passages_by_call[1:] == [2]

    async def test_a_busy_embedder_is_not_waited_for(self, embedder: "_Concepts") -> None:
        model = ExtractiveChatModel(ExtractiveConfig(patience_s=0.01))
        model.bind_embedder(embedder)
        embedder.busy_s = 30.0
        text, _ = await answer(model, request("How many litres does the KX-200 hold?"))
        assert "1.7 litres" in text


FLAT = GroundingPassage(
    marker=1,
    title="Orta oven: Orta 40 and Orta 60 › 8.1 Display of the Orta 60",
    score=0.9,
    text=(
        "8.1 Display of the Orta 60\nCode Meaning What to do\n"
        "E01 Cavity too hot Let it cool. Call the service.\nE05 Tank empty Fill the tank.\n"
    ),
)
SIZES = GroundingPassage(
    marker=2,
    title="Orta oven: Orta 40 and Orta 60 › Dimensions",
    score=0.8,
    text=(
        "Dimensions\nOrta 40 Orta 60\nNiche height 450–455 mm 590–600 mm\n"
        "Niche width 560 mm 568 mm\n"
    ),
)


class TestFlatTables:
    @pytest.fixture
    def model(self) -> ExtractiveChatModel:
        return ExtractiveChatModel(ExtractiveConfig())

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            (
                "What does E01 on the display mean?",
                "E01 Cavity too hot Let it cool; Call the service [1].",
            ),
            (
                "How high is the niche of the Orta 60?",
                "Niche height 450–455 mm 590–600 mm (Orta 40 Orta 60) [2].",
            ),
        ],
    )
    async def test_the_matching_row_is_quoted(
        self, model: ExtractiveChatModel, question: str, expected: str
    ) -> None:
        text, _ = await answer(model, request(question, FLAT, SIZES))
        assert text.splitlines()[0] == expected

    async def test_headings_and_header_rows_are_no_answers(
        self, model: ExtractiveChatModel
    ) -> None:
        text, _ = await answer(model, request("What does the display of the Orta 60 show?", FLAT))
        assert "8.1" not in text
        assert "What to do" not in text


class TestRefusals:
    @pytest.fixture
    def model(self) -> ExtractiveChatModel:
        return ExtractiveChatModel(ExtractiveConfig(min_covered=0.2))

    @pytest.mark.parametrize(
        "question",
        [
            "What does a filter for the KX-200 cost?",
            "How much does the KX-300 weigh in kilograms?",
            "Which country is the KX-200 made in?",
        ],
    )
    async def test_the_kind_that_is_asked_for_must_be_there(
        self, model: ExtractiveChatModel, question: str
    ) -> None:
        assert is_abstention((await answer(model, request(question)))[0])


class _Concepts(HashingEmbedder):
    """Hashes concepts instead of words, counts what it is asked, and can be busy."""

    def __init__(self, config: HashingConfig) -> None:
        super().__init__(config)
        self.passages_by_call: list[int] = []
        self.seen: list[str] = []
        self.busy_s = 0.0

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Any:
        await asyncio.sleep(self.busy_s)
        if kind is TextKind.PASSAGE:
            self.passages_by_call.append(len(texts))
            self.seen += texts
        concepts = ["capacity" if "volume" in text or "holds" in text else text for text in texts]
        return await super().embed(concepts, kind=kind)


class _Broken(HashingEmbedder):
    async def embed(self, texts: Sequence[str], **options: Any) -> Any:
        raise ProviderError("gone")


def scripted(**options: Any) -> ScriptedChatModel:
    return ScriptedChatModel(ScriptedConfig(**options))


class TestScripted:
    async def test_a_word_of_the_question_chooses_the_reply(self) -> None:
        model = scripted(reply="Hm.", replies={"hot": "It is hot [1]."})
        assert (await answer(model, request("How hot?")))[0] == "It is hot [1]."
        assert (await answer(model, request("How cold?")))[0] == "Hm."

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (Fault.RATE_LIMIT, TransientProviderError),
            (Fault.TIMEOUT, TransientProviderError),
            (Fault.REFUSED, ProviderError),
            (Fault.MALFORMED, ProviderError),
        ],
    )
    async def test_a_word_of_the_question_chooses_the_fault(
        self, fault: Fault, error: type[Exception]
    ) -> None:
        model = scripted(faults={"overload": fault})
        with pytest.raises(error, match="scripted"):
            await answer(model, request("Please overload"))
        assert (await answer(model, request("Please answer")))[0]
        assert model.open_streams == 0

    async def test_a_cut_comes_in_the_middle(self) -> None:
        model = scripted(reply="one two three four", always=Fault.CUT, cut_after=2)
        heard = []
        with pytest.raises(TransientProviderError, match="lost"):
            async for delta in model.stream(request("q")):
                heard.append(delta.text)
        assert "".join(heard) == "one two"
        assert (await model.check()).status is Status.UNAVAILABLE

    async def test_latency_is_as_configured(self) -> None:
        model = scripted(reply="a b c", first_token_ms=30, inter_token_ms=10)
        loop = asyncio.get_running_loop()
        started = loop.time()
        await answer(model, request("q"))
        assert loop.time() - started >= 0.045

    async def test_usage_counts_words_and_cost(self) -> None:
        model = scripted(reply="a b c", cost_per_1k_tokens_usd=1.0)
        _, deltas = await answer(model, ChatRequest(messages=(), question="q"))
        usage = deltas[-1].usage
        assert usage is not None
        assert usage.output_tokens == 3
        assert usage.cost_usd == pytest.approx(0.003)
