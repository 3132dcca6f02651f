"""Where servers agree on who runs what the clock says."""

from datetime import datetime

from sqlalchemy import CursorResult, update
from sqlalchemy.ext.asyncio import AsyncSession

from data.models import Schedule
from data.repositories.base import insert_into


class ScheduleRepository:
    """The tasks that run by the clock; they belong to no tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, name: str, tick: datetime) -> bool:
        """Take the tick of a task; False when another server took it, or a later one."""
        first = (
            insert_into(self._session, Schedule)
            .values(name=name, last_tick=tick)
            .on_conflict_do_nothing()
            .returning(Schedule.name)
        )
        if (await self._session.execute(first)).first() is not None:
            return True
        taken = await self._session.execute(
            update(Schedule)
            .where(Schedule.name == name, Schedule.last_tick < tick)
            .values(last_tick=tick)
        )
        return isinstance(taken, CursorResult) and taken.rowcount > 0
