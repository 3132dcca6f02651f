"""Who is asking: the identity that every row, vector, object and job is scoped by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_TENANT = "default"
AUDIENCE, PUBLIC = "audience", "public"
"""The attribute of a principal that stands for the public, and its value."""


class Role(StrEnum):
    """What a principal may do; each role includes the ones before it."""

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"


_ORDER = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated caller of one tenant.

    Only the server builds one. A graph reads it from its run configuration and refuses
    anything that is not an instance of this class, so a JSON body cannot forge it.
    """

    tenant_id: str
    subject: str
    roles: frozenset[Role] = frozenset({Role.READER})
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_public(self) -> bool:
        """Tell whether this principal stands for the public, who finds public documents only."""
        return self.attributes.get(AUDIENCE) == PUBLIC

    def may(self, role: Role) -> bool:
        """Tell whether this principal holds `role` or a higher one."""
        return any(_ORDER[held] >= _ORDER[role] for held in self.roles)


def local_principal() -> Principal:
    """Return the one principal of a service without keys, bound to loopback."""
    return Principal(tenant_id=DEFAULT_TENANT, subject="local", roles=frozenset({Role.ADMIN}))
