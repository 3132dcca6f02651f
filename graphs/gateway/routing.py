"""Which model of a role is asked first."""

import math
from collections.abc import Mapping, Sequence

from graphs.gateway.deployments import Deployment
from graphs.gateway.settings import RoleSettings, Route
from graphs.models import Role

Costs = Mapping[str, float | None]
"""What a call may cost with each deployment, in US dollars; None is not known."""


def ordered(
    deployments: Sequence[Deployment], settings: RoleSettings, role: Role, costs: Costs
) -> list[Deployment]:
    """Return the deployments in the order in which they are asked.

    With the route `cheapest` those that are good and fast enough come first, the cheapest of
    them first; the others follow as fallbacks in the order of the settings. A price that
    nobody knows counts as the highest.
    """
    if settings.route is Route.ORDER:
        return list(deployments)
    fit = [one for one in deployments if _fits(one, settings, role)]
    rest = [one for one in deployments if one not in fit]
    return [*sorted(fit, key=lambda one: _price(costs, one)), *rest]


def cheaper(deployments: Sequence[Deployment], costs: Costs, than: Deployment) -> list[Deployment]:
    """Return the deployments that cost less than one, the dearest of them first."""
    found = [one for one in deployments if _price(costs, one) < _price(costs, than)]
    return sorted(found, key=lambda one: -_price(costs, one))


def _fits(one: Deployment, settings: RoleSettings, role: Role) -> bool:
    latency = one.latency(role)
    slow = (
        settings.max_latency_ms is not None
        and latency is not None
        and latency > settings.max_latency_ms
    )
    return one.quality >= settings.min_quality and not slow


def _price(costs: Costs, one: Deployment) -> float:
    cost = costs[one.name]
    return math.inf if cost is None else cost
