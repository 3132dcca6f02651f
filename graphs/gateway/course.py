"""The course of one call: which model is asked next, after what wait, and what went wrong."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence

from graphs.errors import BudgetExceededError
from graphs.gateway.accounts import OverBudgetError
from graphs.gateway.deployments import Deployment
from graphs.gateway.routing import Costs, cheaper
from graphs.gateway.settings import GatewaySettings
from graphs.models import Role
from providers.errors import ProviderError, ProviderTimeoutError, TransientProviderError


class Course:
    """Goes through the models of a role; the last resort comes when all of them failed.

    The deadline does not bind the last resort, which works on this machine: an answer that
    is late and plain is better than none.
    """

    def __init__(
        self,
        role: Role,
        plan: Sequence[Deployment],
        settings: GatewaySettings,
        *,
        costs: Costs,
        deadline: float,
        last_resort: Deployment | None = None,
    ) -> None:
        self._role = role
        self._queue = deque(plan)
        self._first = plan[0] if plan else last_resort
        self._settings = settings
        self._costs = costs
        self.deadline = deadline
        self._last_resort = last_resort
        self._tries = 0
        self._failures: list[str] = []
        self._errors: list[ProviderError] = []
        self._over_budget: OverBudgetError | None = None

    def next(self) -> Deployment | None:
        """Return the model to ask now, or None when there is none left."""
        while self._queue:
            found = self._queue[0]
            if (seconds := found.rests_for()) <= 0 and not self._late():
                return found
            reason = f"it is left alone for {seconds:.1f} s after failures"
            if seconds <= 0:
                reason = "no time was left to ask it"
            wait = TransientProviderError(reason, retry_after_s=seconds or None)
            self.skip(found, wait)
        last, self._last_resort = self._last_resort, None
        if last is not None:
            self._queue.append(last)
            self.deadline = float("inf")
        return last

    async def failed(self, deployment: Deployment, error: ProviderError) -> None:
        """Note a failure; wait when the same model is to be asked again."""
        deployment.failed(error, self._settings)
        self._tries += 1
        wait = self._wait(error)
        if wait is not None and deployment.rests_for() <= 0 and not self._late(wait):
            await asyncio.sleep(wait)
            return
        after = getattr(error, "retry_after_s", None)
        if after is not None and after > self._settings.max_backoff_s:
            deployment.rest(after)
        self.skip(deployment, error)

    def skip(self, deployment: Deployment, error: ProviderError) -> None:
        """Ask the next model from now on."""
        self._failures.append(f"{deployment.model.model} failed: {error}")
        self._errors.append(error)
        self._drop(deployment)

    def over_budget(self, deployment: Deployment, error: OverBudgetError) -> None:
        """Go on with what is cheaper."""
        self._over_budget = error
        self._failures.append(f"{error}, so {deployment.model.model} was not asked")
        self._drop(deployment)
        self._queue = deque(cheaper(self._queue, self._costs, deployment))

    def note(self, deployment: Deployment) -> list[str]:
        """Say what was not as configured, now that a model replies."""
        if deployment is self._first or not self._failures:
            return []
        who = deployment.model.model
        reason = "; ".join(self._failures)
        if self._role is Role.SYNTHESIZE:
            return [f"the answer was written by {who}: {reason}"]
        return [f"{who} did the work of the role {self._role.value}: {reason}"]

    def failure(self) -> Exception:
        """Return what to raise when no model is left."""
        reason = "; ".join(self._failures) or f"no model serves the role {self._role.value}"
        if self._over_budget is not None:
            return BudgetExceededError(f"{reason}; it begins anew at midnight UTC")
        passing = [one for one in self._errors if isinstance(one, TransientProviderError)]
        if not passing:
            return ProviderError(reason)
        waits = [one.retry_after_s for one in passing if one.retry_after_s is not None]
        return TransientProviderError(reason, retry_after_s=min(waits, default=None))

    def _wait(self, error: ProviderError) -> float | None:
        """Return the seconds before the same model is asked again; None not to ask it."""
        if not isinstance(error, TransientProviderError) or isinstance(error, ProviderTimeoutError):
            return None
        if self._tries >= self._settings.attempts:
            return None
        if error.retry_after_s is not None:
            after = error.retry_after_s
            return after if after <= self._settings.max_backoff_s else None
        longest = self._settings.backoff_s * 2.0 ** (self._tries - 1)
        # Half of it is drawn, so that calls that failed together do not come back together.
        drawn = random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        return min(longest, self._settings.max_backoff_s) * drawn

    def _late(self, wait: float = 0.0) -> bool:
        return time.monotonic() + wait >= self.deadline

    def _drop(self, deployment: Deployment) -> None:
        self._tries = 0
        if deployment in self._queue:
            self._queue.remove(deployment)
