"""Who a request is from, as far as that is known before it is let in."""

from collections.abc import Mapping
from typing import Any

from accounts.credentials import Kind, read_scope
from accounts.tokens import read_access
from realtime.principal import CredentialError
from realtime.server.addresses import network_of

_TOKENS = frozenset({Kind.BEARER, Kind.QUERY, Kind.COOKIE})


def address_of(scope: Mapping[str, Any]) -> str:
    """The client's IPv4 address or IPv6 network; "" where the server knows none."""
    client = scope.get("client")
    return network_of(client[0]) if client else ""


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
