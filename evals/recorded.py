"""A chat model that says what was written down for each question, for evaluations."""

from collections.abc import AsyncGenerator, Mapping

from graphs.models import Call, Reply, Role
from providers.errors import ProviderError
from providers.types import ChatDelta, Usage


class RecordedModels:
    """Serves the roles that help to find passages; `replies` maps prompt and question to text."""

    def __init__(self, replies: Mapping[tuple[str, str], str]) -> None:
        self._replies = replies

    def serves(self, role: Role) -> bool:
        """Tell whether it can stand in for a model of this role."""
        return role in {Role.HYDE, Role.CONDENSE}

    async def stream(self, call: Call, *, degraded: list[str]) -> AsyncGenerator[ChatDelta, None]:
        """Yield the whole reply at once."""
        reply = await self.complete(call)
        yield ChatDelta(text=reply.text, usage=reply.usage)

    async def complete(self, call: Call) -> Reply:
        """Return what was written down.

        Raises:
            ProviderError: nothing was.
        """
        name = call.prompt.name if call.prompt else ""
        text = self._replies.get((name, call.request.question))
        if text is None:
            raise ProviderError(f"nothing is recorded for {name!r} of this question")
        return Reply(text=text, model="recorded", usage=Usage())
