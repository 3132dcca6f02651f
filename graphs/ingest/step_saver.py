"""Checkpoints of a graph whose steps follow one another."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)


class StepSaver(BaseCheckpointSaver[Any]):
    """Keeps the state after each step in another saver, and nothing of a step in work.

    LangGraph writes what a node returned first by itself, for steps in which other nodes are
    still at work, and then the state that comes of it. Where a step is one node, the first
    says nothing that the second does not, and leaving it out saves half of the writing. A
    node that is killed between the two runs again.
    """

    def __init__(self, inner: BaseCheckpointSaver[Any]) -> None:
        super().__init__(serde=inner.serde)
        self._inner = inner

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a thread's state."""
        return await self._inner.aget_tuple(config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield states, newest first."""
        found = self._inner.alist(config, filter=filter, before=before, limit=limit)
        async for state in found:
            yield state

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a state."""
        return await self._inner.aput(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Keep nothing: the next state has it."""

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget a thread."""
        await self._inner.adelete_thread(thread_id)

    def get_next_version(self, current: Any, channel: None) -> Any:
        """Count as the other saver does."""
        return self._inner.get_next_version(current, channel)
