"""Fixtures of the provider tests."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from moto.server import ThreadedMotoServer

from providers.embedder.model_folder import list_models
from tests.providers import tiny_models
from tests.providers.source.site import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    """A web server without pages."""
    with serving() as found:
        yield found


@pytest.fixture
async def litellm_clients() -> AsyncIterator[None]:
    """Close the connections that LiteLLM keeps for the process, before their loop ends."""
    yield
    litellm = sys.modules.get("litellm")
    if litellm is None:  # nothing has used it
        return
    await litellm.close_litellm_async_clients()
    litellm.in_memory_llm_clients_cache.flush_cache()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real server of the S3 protocol."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def cross_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small cross-encoder that looks for the question's words in the passage."""
    folder = tmp_path_factory.mktemp("models") / "comparing-reranker"
    return tiny_models.write_folder(folder, tiny_models.comparing_cross_encoder())


@pytest.fixture(scope="session")
def splade_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small masked language model that finds the words of the text itself."""
    folder = tmp_path_factory.mktemp("models") / "echoing-splade"
    return tiny_models.write_folder(
        folder, tiny_models.logits_of(tiny_models.echoing_language_model())
    )


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small untrained language model with a chat template."""
    return tiny_models.write_chat_folder(tmp_path_factory.mktemp("models") / "chat")


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of prepared models, named by CICERONE_MODELS_DIR."""
    folder = Path(os.environ.get("CICERONE_MODELS_DIR", "models"))
    if not list_models(folder):
        pytest.fail(
            f"no model in {folder}: run `cicerone models prepare` "
            "and set CICERONE_MODELS_DIR to its folder"
        )
    return folder


@pytest.fixture(scope="session")
def vectors_database(postgres: str) -> str:
    """URL of a database on a PostgreSQL server that has pgvector."""
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE vectors")
    return postgres.replace("/postgres?", "/vectors?")


@pytest.fixture
def pgvector_url(vectors_database: str) -> str:
    """URL of a database without the extension and without any index."""
    with psycopg.connect(vectors_database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        connection.execute("DROP SCHEMA IF EXISTS cicerone_vectors CASCADE")
        connection.execute("DROP EXTENSION IF EXISTS vector CASCADE")
    return vectors_database
