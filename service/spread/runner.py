"""The runner of a server whose jobs are done by workers."""

import asyncio

from providers.principal import Principal
from service.spread.post import Post


class SpreadRunner:
    """Tells workers which job to look at; what is to be done with it stands in its row."""

    def __init__(self, post: Post) -> None:
        self.post = post

    async def start(self, *, resume: bool) -> None:
        """Do nothing: workers find what is unfinished by themselves."""

    async def aclose(self) -> None:
        """Close the connections to the broker."""
        await self.post.aclose()

    async def enqueue(self, principal: Principal, job_id: str) -> None:
        """Send a message about a recorded job."""
        await self.post.job(principal.tenant_id, job_id)

    def cancel(self, job_id: str) -> None:
        """Do nothing: whoever has a part of the job sees the wish in its row."""

    def pause(self, job_id: str) -> None:
        """Do nothing: whoever has a part of the job sees the wish in its row."""

    def news(self, job_id: str) -> asyncio.Event:
        """Return an event that nobody sets: who follows a job looks at its row now and then."""
        return asyncio.Event()
