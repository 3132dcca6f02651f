"""What a chat client sees, against the real application in this process."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from asgi_lifespan import LifespanManager

from api.app import create_app
from cli.benching import ingestion_of
from cli.chat_streams import ChatStreams, chat_moment, native_moment
from cli.loading import loaded_settings
from cli.sse import ServerEvent
from evals.bench.chatting import AnswerFailedError, Moment, measure_one_client, measure_streams
from evals.bench.corpus import make_manuals, make_questions
from evals.bench.growth import measure_growth
from service.container import open_container
from service.settings import load_settings


@pytest.fixture
async def client(home: Path) -> AsyncIterator[ChatStreams]:
    settings = loaded_settings(load_settings(), home)
    async with open_container(settings) as container:
        await (await ingestion_of(container)).run(make_manuals(2, seed=5))
        app = create_app(settings, container)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000))
        async with (
            LifespanManager(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as found,
        ):
            yield ChatStreams(found)


@pytest.mark.integration
@pytest.mark.timeout(120)
async def test_real_answers_are_measured(client: ChatStreams) -> None:
    notes: list[str] = []
    questions = make_questions(30, seed=3)
    one = await measure_one_client(client.ask, client.chat, time.process_time, questions[:10])
    assert [measure.name for measure in one] == ["first_token_p50", "first_token_p95"]
    assert 0 < one[0].value <= one[1].value
    assert one[0].value <= one[0].detail["sentence_p50_ms"] + 0.1
    assert one[0].detail["chat_sentence_p95_ms"] > 0
    assert one[0].detail["cpu_ms"] > 0
    many = await measure_streams(
        client.ask,
        client.chat,
        client.live,
        time.process_time,
        questions[10:],
        streams=5,
        say=notes.append,
    )
    found = {measure.name: measure for measure in many}
    assert found["streams_errors"].value == 0, notes
    assert found["streams_first_token_p95"].detail["questions"] == 20
    assert found["streams_health_p95"].detail["looks"] >= 1
    grown = await measure_growth([client.ask, client.chat], lambda: 7.0, questions, warm_up=10)
    assert (grown.value, grown.detail["questions"]) == (0, 20)


@pytest.mark.integration
@pytest.mark.timeout(120)
async def test_a_refused_question_says_why(client: ChatStreams) -> None:
    with pytest.raises(AnswerFailedError, match="/api/ask: "):
        [moment async for moment in client.ask("")]
    with pytest.raises(AnswerFailedError, match="/v1/chat/completions: "):
        [moment async for moment in client.chat(" ")]


@pytest.mark.parametrize(
    ("event", "moment"),
    [
        (ServerEvent("node.started", '{"node": "synthesize"}'), Moment.ASKED),
        (ServerEvent("node.started", '{"node": "retrieve"}'), None),
        (ServerEvent("token", '{"text": "Say \\"synthesize\\"."}'), Moment.SENTENCE),
        (ServerEvent("citation", "{}"), None),
        (ServerEvent("run.finished", "{}"), Moment.END),
    ],
)
def test_native_events(event: ServerEvent, moment: Moment | None) -> None:
    assert native_moment(event) is moment


def test_chunks_of_a_completion() -> None:
    def chunk(**delta: str) -> ServerEvent:
        return ServerEvent("message", json.dumps({"choices": [{"delta": delta}]}))

    assert chat_moment(chunk(content="Wait.")) is Moment.SENTENCE
    assert chat_moment(chunk(role="assistant")) is None
    assert chat_moment(ServerEvent("message", '{"choices": []}')) is None
    assert chat_moment(ServerEvent("message", "[DONE]")) is Moment.END


def test_errors_in_a_stream_are_raised() -> None:
    with pytest.raises(AnswerFailedError, match="broken"):
        native_moment(ServerEvent("error", '{"title": "broken"}'))
    with pytest.raises(AnswerFailedError, match="broken"):
        chat_moment(ServerEvent("message", '{"error": {"message": "broken"}}'))
