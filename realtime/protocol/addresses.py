"""Addresses as limits count them."""

import ipaddress

# Providers give each customer at least so many IPv6 addresses.
_IPV6_PREFIX = 64


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
