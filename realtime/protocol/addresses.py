"""Normalise network addresses for limits that are counted per address."""

import ipaddress

# Providers give each customer at least a /64 of IPv6 addresses.
_IPV6_PREFIX = 64


def network_of(host: str) -> str:
    """Return the key under which limits count `host`: IPv4 as it is, IPv6 by its /64 network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False).network_address)
