"""The client of a request, as far as it is known before admission."""

from collections.abc import Mapping
from typing import Any

from accounts.credentials.extraction import read_scope
from accounts.credentials.lanes import signed_user
from realtime import network_of


def address_of(scope: Mapping[str, Any]) -> str:
    """Return the client's IPv4 address or IPv6 network; "" where the server knows none."""
    client = scope.get("client")
    return network_of(client[0]) if client else ""


def lane_of(scope: Mapping[str, Any]) -> str:
    """Return the admission lane: the user of one of our tokens, else the client's address.

    Only the signature is verified, without a query. An invalid token counts for the address.
    """
    user_id = signed_user(read_scope(scope).credential)
    return f"address {address_of(scope)}" if user_id is None else f"user {user_id}"
