"""Runs the load benchmark: a server of its own, a model that takes no time, many questions."""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import psutil

from cli.benching import Say, ingestion_of
from cli.chat_streams import open_streams
from cli.problems import UsageProblemError
from cli.scratch import scratch_settings
from cli.scratch_server import memory_of, processor_of, scratch_server
from evals.bench.chatting import measure_one_client, measure_streams
from evals.bench.corpus import make_manuals, make_questions
from evals.bench.growth import measure_growth
from evals.bench.targets import Measure
from graphs.query.caching.settings import CacheSettings, EmbeddingSettings, ExactSettings
from service.container import open_container
from service.settings import (
    CONFIG_VARIABLE,
    ENV_PREFIX,
    AuthSettings,
    JobSettings,
    PluginSettings,
    RateLimitSettings,
    Settings,
)

MANUALS: Final = 20
WARM_UP: Final = 100
"""Questions before the clock starts: they load what is loaded when it is used, and the reranker
remembers most of the passages."""
GROWTH_WARM_UP: Final = 200
MAX_QUESTIONS: Final = 14_000
"""In all; the made-up manuals give about 15,000 different ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much is asked.

    `questions` by one client, one after the other; `stream_questions` by `streams` clients at
    a time; `growth` between the two readings of the server's memory.
    """

    questions: int = 200
    streams: int = 50
    stream_questions: int = 500
    growth: int = 2_000

    @property
    def phases(self) -> tuple[int, int, int, int]:
        """How many are asked to warm up, by one client, by many, and while memory is read."""
        return WARM_UP, self.questions, self.stream_questions, GROWTH_WARM_UP + self.growth


async def run_load(settings: Settings, load: Load, *, say: Say) -> list[Measure]:
    """Measure one client's first token, many streams, and the memory that questions leave.

    Raises:
        UsageProblemError: there are not that many different questions.
        AnswerFailedError: one client got no answer.
        RuntimeError: the server did not start.
    """
    if sum(load.phases) > MAX_QUESTIONS:
        raise UsageProblemError(
            f"that makes {sum(load.phases)} questions, and there are {MAX_QUESTIONS} different "
            "ones: ask for fewer requests or streams"
        )
    with tempfile.TemporaryDirectory(prefix="cicerone-load-") as folder:
        loaded = loaded_settings(settings, Path(folder) / "home")
        say(f"ingesting {MANUALS} manuals")
        await _ingest(loaded)
        say("starting a server")
        with scratch_server(loaded, _environment(loaded, Path(folder))) as (process, _):
            return await _measure(loaded, load, process, say)


def loaded_settings(settings: Settings, home: Path) -> Settings:
    """Return the settings of the server under load.

    They are those of the service but for a home, a database and jobs of its own, no caches, no
    rate limits, no identity provider, and the model `scripted` that takes no time: the figures
    are what the service adds to a model.
    """
    scratch = scratch_settings(settings, home)
    unlimited = scratch.server.model_copy(update={"rate_limit": RateLimitSettings(enabled=False)})
    none = CacheSettings(
        exact=ExactSettings(enabled=False), embeddings=EmbeddingSettings(enabled=False)
    )
    return scratch.model_copy(
        update={
            "server": unlimited,
            "auth": AuthSettings(),
            "jobs": JobSettings(),
            "models": {},
            "roles": {},
            "chat_model": PluginSettings(plugin="scripted"),
            "cache": PluginSettings(plugin="memory"),
            "caches": none,
        }
    )


def _environment(settings: Settings, folder: Path) -> dict[str, str]:
    """Write the settings down for the server, which must not read anybody's own beside them."""
    path = folder / "config.yaml"
    path.write_text(json.dumps(settings.model_dump(mode="json")), encoding="utf-8")
    others = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX)}
    return {**others, CONFIG_VARIABLE: str(path)}


async def _ingest(settings: Settings) -> None:
    async with open_container(settings) as container:
        await (await ingestion_of(container)).run(make_manuals(MANUALS, seed=5))


async def _measure(
    settings: Settings, load: Load, process: psutil.Process, say: Say
) -> list[Measure]:
    """Ask in phases; the memory comes last, so that it starts from a server that was busy."""
    found = make_questions(sum(load.phases), seed=11)
    warm_up, one, many, long = _parts(found, load.phases)
    processor = partial(processor_of, process)
    async with open_streams(settings.home, connections=load.streams) as client:
        await measure_one_client(client.ask, client.chat, processor, warm_up)
        say(f"one client, {len(one)} questions")
        measures = await measure_one_client(client.ask, client.chat, processor, one)
        say(f"{load.streams} streams, {len(many)} questions")
        measures += await measure_streams(
            client.ask, client.chat, client.live, processor, many, streams=load.streams, say=say
        )
        say(f"memory over {load.growth} questions")
        grown = await measure_growth(
            [client.ask, client.chat],
            lambda: memory_of(process)["all_mb"],
            long,
            warm_up=GROWTH_WARM_UP,
        )
    return [*measures, grown]


def _parts(questions: Sequence[str], sizes: Sequence[int]) -> list[list[str]]:
    rest = iter(questions)
    return [list(islice(rest, size)) for size in sizes]
