"""Runs that wait for a choice: how they are named, whose they are, and what they ask."""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from graphs.identity import config_for
from graphs.query.steps import TRACE_ID_KEY
from providers.principal import Principal

RUN_ID = r"^\d{8}-[0-9a-f]{32}$"
"""A run's id: the day that it began on, so that old ones are found, and a number."""


def new_run() -> str:
    """Return an id for a run."""
    return f"{datetime.now(UTC):%Y%m%d}-{uuid.uuid4().hex}"


def thread_of(kind: str, principal: Principal, run_id: str) -> str:
    """Name a run's thread by whose it is, so that nobody else can resume it."""
    owner = hashlib.sha256(f"{principal.tenant_id}\0{principal.subject}".encode()).hexdigest()
    return f"{kind}:{run_id}:{owner[:32]}"


def run_config(kind: str, principal: Principal, trace_id: str, run_id: str) -> RunnableConfig:
    """Return the configuration of a run that may wait."""
    config = config_for(principal)
    config["configurable"][TRACE_ID_KEY] = trace_id
    config["configurable"]["thread_id"] = thread_of(kind, principal, run_id)
    return config


async def waiting(graph: CompiledStateGraph[Any, Any, Any, Any], config: RunnableConfig) -> Any:
    """Return what a run asks back, if it waits for a choice."""
    snapshot = await graph.aget_state(config)
    found = [one.value for task in snapshot.tasks for one in task.interrupts]
    return found[0] if found else None
