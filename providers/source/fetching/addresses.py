"""Which network addresses may be reached: public ones, and those that the operator names."""

from collections.abc import Iterable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_REFUSED_V4 = (
    IPv4Network("192.0.0.0/24"),  # for protocols; older Python calls most of it global
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, which lead into other networks
    IPv4Network("168.63.129.16/32"),  # a public number that only a cloud's own machines reach
)
_REFUSED_V6 = (
    _TEREDO,
    IPv6Network("3fff::/20"),  # documentation, newer than the library's list
    IPv6Network("5f00::/16"),  # segment routing inside a network
)


def may_reach(text: str, allowed: Iterable[Network] = ()) -> bool:
    """Tell whether an address is public, or within a network that the operator allowed.

    An IPv6 address that carries an IPv4 one is as public as that: a gateway would lead there.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    networks = tuple(allowed)
    return all(_is_allowed(one, networks) or _is_public(one) for one in _unwrap(address))


def _unwrap(address: Address) -> Iterator[Address]:
    """Yield the addresses that count: those carried inside, or else the address itself."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped:
        yield address.ipv4_mapped
    else:
        yield address
        if address in _NAT64:
            yield IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _SIX_TO_FOUR:
            yield IPv4Address(int(address) >> 80 & 0xFFFFFFFF)


def _is_allowed(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == one.version and address in one for one in networks)


def _is_public(address: Address) -> bool:
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if any(address in network for network in _REFUSED_V6):
        return False
    return address.scope_id is None and (address in _GLOBAL_UNICAST or address in _NAT64)
