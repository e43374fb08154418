"""Whom a request counts for before it is let in."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from accounts.credentials.tokens import Times, write_access
from config.middleware.admission.clients import lane_of
from realtime.protocol.addresses import network_of
from tests.config.middleware.asgi import get_scope

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address", "no address"),
    ],
)
def test_ipv6_addresses_count_by_their_network(host: str, network: str) -> None:
    assert network_of(host) == network


def token_of(user_id: int, lifetime: timedelta) -> str:
    times = Times.starting(datetime.now(UTC), lifetime)
    return write_access(user_id=user_id, login_id=uuid.uuid4(), times=times)


def test_signed_in_users_have_lanes_of_their_own() -> None:
    token = token_of(7, timedelta(minutes=1))

    assert lane_of(get_scope(authorization=f"Bearer {token}")) == "user 7"
    assert lane_of(get_scope(cookie=f"access_token={token}")) == "user 7"
    for bad in (token[:-4], token_of(7, -timedelta(minutes=1))):
        assert lane_of(get_scope(authorization=f"Bearer {bad}")) == "address 192.0.2.1"


def test_made_up_tokens_count_for_the_address() -> None:
    for value in ("Bearer abc", "Bearer ", "Api-Key bw_abc", "Basic abc"):
        assert lane_of(get_scope(authorization=value)) == "address 192.0.2.1"
