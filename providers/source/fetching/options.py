"""Options that every source shares that asks servers of others."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

AGENT = "Cicerone"
"""What robots.txt and robots tags call this service."""
_MIB = 1 << 20


class NetworkOptions(BaseModel):
    """How requests are sent, and what bounds them.

    `contact` (an address of mail or web) stands in the user agent. `allow_networks` are the
    networks beyond the public internet that may be reached, `ports` the ports. `ca_file` holds
    the certificates of an authority of your own. `timeout_s` is how long a server may be
    silent, `max_seconds` how long one item may take, `max_mb` how large it may be (MiB, after
    decompression). `delay_s` lies between two requests to a host. A transient failure is
    tried again `retries` times; a wait that the server asks for is kept up to
    `retry_after_cap_s`, and a longer one ends the crawl of the host. So do
    `give_up_after` failed items in a row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    not_rules: ClassVar[frozenset[str]] = frozenset({"ca_file", "contact", "timeout_s", "retries"})
    """Options that say nothing about which items are taken."""

    contact: str | None = Field(default=None, pattern=r"^[\x21-\x7e]+$")
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    ports: tuple[int, ...] = (80, 443)
    ca_file: Path | None = None
    timeout_s: float = Field(default=15, gt=0)
    max_seconds: float = Field(default=120, gt=0)
    max_mb: float = Field(default=50, gt=0)
    delay_s: float = Field(default=1, ge=0)
    max_redirects: int = Field(default=5, ge=0)
    retries: int = Field(default=2, ge=0)
    retry_after_cap_s: float = Field(default=60, ge=0)
    give_up_after: int = Field(default=5, ge=1)

    @property
    def max_bytes(self) -> int:
        """The largest item in bytes."""
        return int(self.max_mb * _MIB)

    @property
    def user_agent(self) -> str:
        """What servers see as the sender."""
        return f"{AGENT} (+{self.contact})" if self.contact else AGENT
