"""Whom a request counts for before it is let in."""

import pytest

from config.middleware.clients import lane_of, network_of
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


def test_made_up_tokens_count_for_the_address() -> None:
    for value in ("Bearer abc", "Bearer ", "Api-Key bw_abc", "Basic abc"):
        assert lane_of(get_scope(authorization=value)) == "address 192.0.2.1"
