"""The one way to chat models: roles, routing, retries, budgets and the ledger."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from data.database import Database
from data.errors import DatabaseError
from data.models import BudgetAction
from graphs.errors import BudgetExceededError
from graphs.gateway.accounts import PATIENCE_S, Accounts, OverBudgetError
from graphs.gateway.attempt import Attempt, Limits
from graphs.gateway.course import Course
from graphs.gateway.deployments import Deployment
from graphs.gateway.estimating import tuned, upper_cost
from graphs.gateway.replies import InvalidReplyError, bare_json, mended
from graphs.gateway.routing import ordered
from graphs.gateway.settings import GatewaySettings, RoleSettings
from graphs.models import Call, Reply, Role
from providers.errors import ProviderError, TransientProviderError
from providers.protocols import ChatModel, WarmsUp
from providers.types import ChatDelta, ChatRequest, TokenPrices, Usage

_DEFAULTS = GatewaySettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRole:
    """A role with its models, in the order of the settings."""

    settings: RoleSettings
    deployments: tuple[Deployment, ...]


class Gateway:
    """Asks the models of a role until one replies; see `graphs.models.Models`.

    `last_resort` writes answers, and only answers, when every model of the role failed.
    """

    def __init__(
        self,
        roles: Mapping[Role, ServedRole],
        database: Database,
        *,
        settings: GatewaySettings = _DEFAULTS,
        last_resort: Deployment | None = None,
    ) -> None:
        self._roles = dict(roles)
        self._accounts = Accounts(database)
        self._settings = settings
        self._last_resort = last_resort

    @classmethod
    def of_models(
        cls,
        chat_model: ChatModel | None,
        fallback: ChatModel | None,
        database: Database,
        *,
        idle_timeout_s: float = 60.0,
        settings: GatewaySettings = _DEFAULTS,
    ) -> "Gateway":
        """Return a gateway that only writes answers: with one model and its fallback."""
        roles = {}
        if chat_model is not None:
            role = RoleSettings(
                models=("chat_model",), idle_timeout_s=idle_timeout_s, timeout_s=10 * idle_timeout_s
            )
            deployment = Deployment(name="chat_model", model=chat_model)
            roles[Role.SYNTHESIZE] = ServedRole(settings=role, deployments=(deployment,))
        last = None if fallback is None else Deployment(name="fallback", model=fallback)
        return cls(roles, database, settings=settings, last_resort=last)

    @property
    def deployments(self) -> Sequence[Deployment]:
        """Every model that serves a role, each once."""
        found = {one.name: one for role in self._roles.values() for one in role.deployments}
        return list(found.values())

    async def warm_up(self) -> None:
        """Load what the first calls would wait for."""
        for deployment in self.deployments:
            if isinstance(deployment.model, WarmsUp):
                await deployment.model.warm_up()

    async def aclose(self) -> None:
        """Finish what is being written; the models are closed by who built them."""
        await self._accounts.aclose()

    def serves(self, role: Role) -> bool:
        """Tell whether a model is configured for a role."""
        return role in self._roles

    async def stream(self, call: Call, *, degraded: list[str]) -> AsyncGenerator[ChatDelta, None]:
        """Yield the pieces of the first model that replies.

        Raises:
            ProviderError: no model could do it, or the one that had begun broke off.
            BudgetExceededError: the money of the day is spent.
        """
        course, served = await self._course(call)
        while True:
            attempt = await self._open(call, course, served)
            told = False
            try:
                async with aclosing(attempt.stream()) as deltas:
                    async for delta in deltas:
                        if not told:
                            degraded += course.note(attempt.deployment)
                            told = True
                        if delta.usage is not None:
                            degraded += attempt.notes
                        yield delta
            except ProviderError as error:
                if attempt.began:
                    attempt.deployment.failed(error, self._settings)
                    raise
                await course.failed(attempt.deployment, error)
            else:
                return

    async def complete(self, call: Call) -> Reply:
        """Return the whole reply of the first model that gives one as asked.

        Raises:
            ProviderError: no model could do it.
            BudgetExceededError: the money of the day is spent.
        """
        course, served = await self._course(call)
        while True:
            attempt = await self._open(call, course, served)
            try:
                done, usage = await self._collect(call, attempt, served)
            except ProviderError as error:
                await course.failed(attempt.deployment, error)
                continue
            text = done.text if call.request.output_schema is None else bare_json(done.text)
            return Reply(
                text=text,
                model=done.deployment.model.model,
                usage=usage,
                tool_calls=done.tool_calls,
                degraded=(*course.note(done.deployment), *done.notes),
            )

    async def _collect(
        self, call: Call, attempt: Attempt, served: ServedRole
    ) -> tuple[Attempt, Usage]:
        """Read a reply to its end; one that is not as asked may be mended once."""
        try:
            await _exhaust(attempt)
        except InvalidReplyError as error:
            again = await self._mending(call, attempt, served, error)
            await _exhaust(again)
            return again, _sum(attempt.usage, again.usage)
        return attempt, attempt.usage

    async def _mending(
        self, call: Call, attempt: Attempt, served: ServedRole, error: InvalidReplyError
    ) -> Attempt:
        try:
            return await self._attempt(
                call, attempt.deployment, mended(attempt.request, error), served, attempt.limits
            )
        except (OverBudgetError, DatabaseError):
            raise error from None  # there is no second try without money for it

    async def _course(self, call: Call) -> tuple[Course, ServedRole]:
        """Plan a call."""
        served = self._roles.get(call.role)
        if served is None:
            served = ServedRole(settings=RoleSettings(models=("none",)), deployments=())
        wanted = [one for one in served.deployments if one.model.model not in call.avoid]
        request = tuned(call.request, served.settings)
        costs = {one.name: upper_cost(await _prices(one), request) for one in wanted}
        last = self._last_resort if call.role is Role.SYNTHESIZE else None
        if last is not None and last.model.model in call.avoid:
            last = None
        course = Course(
            call.role,
            ordered(wanted, served.settings, call.role, costs),
            self._settings,
            costs=costs,
            deadline=time.monotonic() + served.settings.timeout_s,
            last_resort=last,
        )
        return course, served

    async def _open(self, call: Call, course: Course, served: ServedRole) -> Attempt:
        """Return a paid attempt at the next model.

        Raises:
            ProviderError: no model is left.
            BudgetExceededError: the money of the day is spent.
        """
        request = tuned(call.request, served.settings)
        while (deployment := course.next()) is not None:
            limits = Limits(
                deadline=course.deadline,
                idle_s=served.settings.idle_timeout_s,
                timeout_s=served.settings.timeout_s,
            )
            try:
                return await self._attempt(call, deployment, request, served, limits)
            except OverBudgetError as error:
                if error.action is BudgetAction.REFUSE:
                    raise BudgetExceededError(f"{error}; it begins anew at midnight UTC") from error
                course.over_budget(deployment, error)
            except ProviderError as error:
                course.skip(deployment, error)
            except DatabaseError as error:
                unread = TransientProviderError(f"its budget could not be read: {error}")
                course.skip(deployment, unread)
        raise course.failure()

    async def _attempt(
        self,
        call: Call,
        deployment: Deployment,
        request: ChatRequest,
        served: ServedRole,
        limits: Limits,
    ) -> Attempt:
        """Set the money aside for a call."""
        prices = await _prices(deployment)
        cost = upper_cost(prices, request) or 0.0
        most = served.settings.max_cost_usd
        if most is not None and cost > most:
            key = f"roles.{call.role.value}.max_cost_usd"
            raise ProviderError(f"the call may cost {cost:.6f} USD, more than {key}")
        left = limits.deadline - time.monotonic()
        try:
            async with asyncio.timeout(min(PATIENCE_S, left)):
                reservation = await self._accounts.reserve(
                    call.principal, call.role, cost, call_s=max(0.0, left)
                )
        except TimeoutError as error:
            raise TransientProviderError("its budget could not be read in time") from error
        return Attempt(
            call,
            deployment,
            request,
            accounts=self._accounts,
            reservation=reservation,
            prices=prices,
            limits=limits,
        )


async def _prices(deployment: Deployment) -> TokenPrices | None:
    """Return a model's prices; a plugin that cannot say them will fail at the call itself."""
    try:
        return await deployment.known_prices()
    except ProviderError:
        return None


async def _exhaust(attempt: Attempt) -> None:
    async with aclosing(attempt.stream()) as deltas:
        async for _ in deltas:
            pass


def _sum(first: Usage, second: Usage) -> Usage:
    return replace(
        second,
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        cached_tokens=first.cached_tokens + second.cached_tokens,
        cost_usd=first.cost_usd + second.cost_usd,
    )
