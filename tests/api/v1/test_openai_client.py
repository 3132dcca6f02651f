"""The official OpenAI client against a real server."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import openai
import pytest
from fastapi import FastAPI
from openai import AsyncOpenAI

from providers.principal import Role

Serve = Callable[[FastAPI], AbstractAsyncContextManager[str]]
QUESTION: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is this?"},
    {"role": "assistant", "content": "A boiler."},
    {"role": "user", "content": [{"type": "text", "text": "How often must it be descaled?"}]},
]


@pytest.fixture
async def address(app: FastAPI, serve: Serve) -> AsyncIterator[str]:
    async with serve(app) as found:
        yield found


@pytest.fixture
async def filled(address: str, upload: Callable[..., Any]) -> str:
    async with httpx.AsyncClient(base_url=address) as client:
        await upload(client, "manual.md", b"# Boiler\n\nDescale the boiler every 60 days.")
        await upload(client, "other.md", b"# Oven\n\nClean the oven weekly.", collection="ovens")
    return address


@pytest.fixture
async def llm(filled: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{filled}/v1", api_key="unused", max_retries=0) as client:
        yield client


async def test_answers_in_one_piece(llm: AsyncOpenAI) -> None:
    answer = await llm.chat.completions.create(
        model="cicerone", messages=QUESTION, temperature=0.7, top_p=0.9, max_tokens=100, seed=1
    )
    message = answer.choices[0].message
    assert message.role == "assistant"
    assert message.content is not None
    assert "60 days" in message.content
    assert "[1]" in message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "cicerone"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.model_extra is not None
    assert answer.model_extra["cicerone"]["strategy"] == "vanilla"
    assert answer.model_extra["cicerone"]["conflicts"] == []


async def test_citations_are_annotations_that_can_be_opened(llm: AsyncOpenAI) -> None:
    answer = await llm.chat.completions.create(model="cicerone", messages=QUESTION)
    message = answer.choices[0].message
    assert message.annotations
    annotation = message.annotations[0]
    place = annotation.url_citation
    assert message.content is not None
    assert message.content[place.start_index : place.end_index] == "[1]"
    assert place.title == "manual.md"
    assert annotation.model_extra is not None
    assert "60 days" in annotation.model_extra["citation"]["quote"]
    async with httpx.AsyncClient() as browser:
        assert b"60 days" in (await browser.get(place.url)).content


async def test_streams_chunks_and_usage(llm: AsyncOpenAI) -> None:
    stream = await llm.chat.completions.create(
        model="cicerone/default",
        messages=QUESTION,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "60 days" in text
    *_, last, usage = chunks
    assert last.choices[0].finish_reason == "stop"
    extra = last.choices[0].delta.model_extra
    assert extra is not None
    assert extra["annotations"][0]["citation"]["marker"] == 1
    assert usage.choices == []
    assert usage.usage is not None
    assert len({chunk.id for chunk in chunks}) == 1


async def test_usage_is_left_out_unless_asked_for(llm: AsyncOpenAI) -> None:
    stream = await llm.chat.completions.create(model="cicerone", messages=QUESTION, stream=True)
    chunks = [chunk async for chunk in stream]
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


async def test_collections_are_models(llm: AsyncOpenAI) -> None:
    names = [model.id async for model in llm.models.list()]
    assert names == ["cicerone", "cicerone/default", "cicerone/ovens"]
    assert (await llm.models.retrieve("cicerone/ovens")).id == "cicerone/ovens"
    answer = await llm.chat.completions.create(
        model="cicerone/ovens", messages=[{"role": "user", "content": "How often to clean?"}]
    )
    assert "weekly" in (answer.choices[0].message.content or "")


async def test_an_unknown_model_is_not_found(llm: AsyncOpenAI) -> None:
    for model in ("gpt-5", "cicerone/nowhere", "cicerone/", "cicerone/No Name"):
        with pytest.raises(openai.NotFoundError) as caught:
            await llm.chat.completions.create(model=model, messages=QUESTION)
        assert caught.value.code == "model_not_found"
        with pytest.raises(openai.NotFoundError):
            await llm.chat.completions.create(model=model, messages=QUESTION, stream=True)
        with pytest.raises(openai.NotFoundError):
            await llm.models.retrieve(model)


async def test_wrong_requests_raise_what_the_client_knows(llm: AsyncOpenAI) -> None:
    silent: list[Any] = [{"role": "system", "content": "Hello"}]
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        await llm.chat.completions.create(model="cicerone", messages=silent)
    assert caught.value.code == "question_missing"
    empty: list[Any] = [{"role": "user", "content": ""}]
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        await llm.chat.completions.create(model="cicerone", messages=empty, stream=True)
    assert caught.value.code == "question_empty"
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        await llm.chat.completions.create(model="cicerone", messages=[])
    assert caught.value.param == "messages"


async def test_a_key_is_an_api_key(filled: str, key_of: Callable[..., Any]) -> None:
    secret = (await key_of(Role.READER))["Authorization"].removeprefix("Bearer ")
    async with AsyncOpenAI(base_url=f"{filled}/v1", api_key=secret, max_retries=0) as known:
        assert (await known.models.list()).data
    async with AsyncOpenAI(base_url=f"{filled}/v1", api_key="ck_no", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.list()
