"""Builds the gateway to chat models that the settings describe."""

from collections.abc import Mapping

from data.database import Database
from graphs.gateway.deployments import Deployment
from graphs.gateway.gateway import Gateway, ServedRole
from graphs.gateway.settings import RoleSettings
from graphs.models import Role
from providers.protocols import ChatModel
from service.errors import SettingsError
from service.plugins import Providers
from service.settings import Settings

CONFIGURED = "chat_model"
"""The name of the deployment that the section `chat_model` describes."""
LAST_RESORT = "last_resort"


def build_gateway(settings: Settings, providers: Providers, database: Database) -> Gateway:
    """Return the gateway; without `models` and `roles` the section `chat_model` writes answers.

    Raises:
        SettingsError: a role names a model that is not there.
    """
    deployments = _deployments(settings, providers.deployments)
    roles = {role: _served(role, one, deployments) for role, one in settings.roles.items()}
    if Role.SYNTHESIZE not in roles and providers.chat_model is not None:
        roles[Role.SYNTHESIZE] = _configured(settings, providers.chat_model)
        last = providers.fallback
    else:
        last = providers.fallback or providers.chat_model
    return Gateway(
        roles,
        database,
        settings=settings.gateway,
        last_resort=None if last is None else Deployment(name=LAST_RESORT, model=last),
    )


def _deployments(settings: Settings, models: Mapping[str, ChatModel]) -> Mapping[str, Deployment]:
    return {
        name: Deployment(
            name=name,
            model=models[name],
            prices=one.prices,
            quality=one.quality,
            latency_ms=one.latency_ms,
        )
        for name, one in settings.models.items()
    }


def _served(
    role: Role, settings: RoleSettings, deployments: Mapping[str, Deployment]
) -> ServedRole:
    unknown = [name for name in settings.models if name not in deployments]
    if unknown:
        known = ", ".join(deployments) or "none"
        raise SettingsError(
            f"roles.{role.value}.models: the section models has no {unknown[0]!r} (it has: {known})"
        )
    return ServedRole(
        settings=settings, deployments=tuple(deployments[name] for name in settings.models)
    )


def _configured(settings: Settings, model: ChatModel) -> ServedRole:
    """Return the role of writing answers as the section `chat_model` serves it."""
    idle = settings.query.answer.idle_timeout_s
    role = RoleSettings(models=(CONFIGURED,), idle_timeout_s=idle, timeout_s=10 * idle)
    return ServedRole(settings=role, deployments=(Deployment(name=CONFIGURED, model=model),))
