"""More connections than a process keeps, and more than one address gets."""

import http.client

import pytest
from websockets.sync.client import connect

from tests.server.sockets import get_head, parsed, raw_clients
from tests.support.deadlines import PATIENCE_S
from tests.support.servers import HOST, Deployment

pytestmark = pytest.mark.once

CONNECTIONS = 60
PER_ADDRESS = 25
OTHER = "127.0.0.2"
THIRD = "127.0.0.3"


@pytest.fixture(scope="module")
def deployment_settings() -> dict[str, str]:
    return {
        "BELLWIRE_CONNECTIONS": str(CONNECTIONS),
        "BELLWIRE_CONNECTIONS_PER_ADDRESS": str(PER_ADDRESS),
        "BELLWIRE_HEADER_S": "600",
        "BELLWIRE_KEEP_ALIVE_S": "600",
        # No proxy: these clients count by their own address.
        "FORWARDED_ALLOW_IPS": "192.0.2.254",
    }


def answers(port: int, source: str) -> bool:
    """Whether a new client is answered now."""
    connection = http.client.HTTPConnection(
        HOST, port, timeout=PATIENCE_S, source_address=(source, 0)
    )
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def test_silent_connections_make_room_for_those_that_ask(deployment: Deployment) -> None:
    port = deployment.server.port
    with raw_clients(port, 20) as clients, raw_clients(port, 20, source=OTHER):
        # Half of the places are for those that have not asked yet: the oldest of the address that
        # has most of them are closed, until both have as many.
        assert all(client.read_to_the_end() == b"" for client in clients[:5])
        assert answers(port, THIRD)


def test_address_at_its_cap_is_told_so_and_others_are_not(deployment: Deployment) -> None:
    port = deployment.server.port
    with raw_clients(port, PER_ADDRESS, source=THIRD) as clients:
        for client in clients:
            client.send(get_head("/healthz"))
            assert client.read_until(b'"ok"}')
        with raw_clients(port, source=THIRD) as [late]:
            status, headers, body = parsed(late.read_to_the_end())
        assert (status, body["code"]) == (429, "TOO_MANY_CONNECTIONS")
        assert int(headers["retry-after"]) >= 1

        assert answers(port, OTHER)

    while not answers(port, THIRD):
        pass  # The server has yet to hear that they are gone.


def test_sockets_count_until_they_are_closed(deployment: Deployment) -> None:
    port = deployment.server.port
    sockets = [
        connect(
            f"ws://{HOST}:{port}/ws-connect",
            source_address=(OTHER, 0),
            proxy=None,
            open_timeout=PATIENCE_S,
            legacy=True,
        )
        for _ in range(3)
    ]
    with raw_clients(port, PER_ADDRESS - 3, source=OTHER) as clients:
        for client in clients:
            client.send(get_head("/healthz"))
            assert client.read_until(b'"ok"}')
        assert not answers(port, OTHER)

        sockets[0].close()
        while not answers(port, OTHER):
            pass
    for socket in sockets:
        socket.close()
