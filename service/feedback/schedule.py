"""What the clock does with feedback."""

from service.feedback.review import Review
from service.scheduler import Scheduler
from service.upkeep.settings import ScheduleSettings


async def schedule_feedback(
    scheduler: Scheduler, settings: ScheduleSettings, review: Review
) -> None:
    """Let votes become candidates every night.

    Raises:
        SettingsError: the expression is wrong.
    """
    if settings.enabled and settings.feedback:
        await scheduler.add("feedback", settings.feedback, review.collect_all)
