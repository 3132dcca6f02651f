"""What the clock does with feedback."""

from service.feedback.review import Review
from service.report import Reports
from service.scheduler import Scheduler
from service.upkeep.settings import ScheduleSettings


async def schedule_feedback(
    scheduler: Scheduler, settings: ScheduleSettings, review: Review, reports: Reports
) -> None:
    """Let votes become candidates every night, and leave the report in the home.

    Raises:
        SettingsError: the expression is wrong.
    """
    if settings.enabled and settings.feedback:
        await scheduler.add("feedback", settings.feedback, review.collect_all)
    if settings.enabled and settings.report:
        await scheduler.add("report", settings.report, reports.write_all)
