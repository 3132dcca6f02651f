"""Fixtures of the provider tests."""

import os
import uuid
from pathlib import Path

import psycopg
import pytest

from providers.embedder.model_folder import list_models


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


@pytest.fixture
def pgvector_url(postgres: str) -> str:
    """URL of an empty database on a PostgreSQL server that has pgvector."""
    name = f"vectors_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.replace("/postgres?", f"/{name}?")
