"""Who a request is from, as far as that is known before it is let in."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from accounts.credentials import Kind, read_scope
from accounts.tokens import read_access
from realtime.principal import CredentialError

# Providers give each customer at least so many IPv6 addresses.
_IPV6_PREFIX = 64
_TOKENS = frozenset({Kind.BEARER, Kind.QUERY, Kind.COOKIE})


def address_of(scope: Mapping[str, Any]) -> str:
    """The client's IPv4 address or IPv6 network; "" where the server knows none."""
    client = scope.get("client")
    return network_of(client[0]) if client else ""


def network_of(host: str) -> str:
    """An address as limits count it: IPv6 by /64."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False).network_address)


def lane_of(scope: Mapping[str, Any]) -> str:
    """Whose turn a waiting request takes: the user's of a good token of ours, else the address's.

    Only the signature is looked at, without a query. Whatever is made up counts for the address.
    """
    credential = read_scope(scope).credential
    if credential is not None and credential.kind in _TOKENS:
        try:
            return f"user {read_access(credential.text).user_id}"
        except CredentialError:
            pass
    return f"address {address_of(scope)}"
