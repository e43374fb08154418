"""Who a request is from, as far as that is known before it is let in."""

from collections.abc import Mapping
from typing import Any

from accounts.credentials import read_scope
from accounts.lanes import signed_user
from realtime import network_of


def address_of(scope: Mapping[str, Any]) -> str:
    """The client's IPv4 address or IPv6 network; "" where the server knows none."""
    client = scope.get("client")
    return network_of(client[0]) if client else ""


def lane_of(scope: Mapping[str, Any]) -> str:
    """Whose turn a waiting request takes: the user's of a good token of ours, else the address's.

    Only the signature is looked at, without a query. Whatever is made up counts for the address.
    """
    user_id = signed_user(read_scope(scope).credential)
    return f"address {address_of(scope)}" if user_id is None else f"user {user_id}"
