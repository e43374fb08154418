"""SIGTERM: everybody is told, what is under way is finished, and it ends in time."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Connects
from tests.e2e.services import SEND, Service
from tests.e2e.users import UserPool
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import connect
from tests.support.servers import Deployment

# Longer than whoever stops a server here waits before it kills.
LONG_S, SHORT_S = 3600, 1


async def test_sigterm_sends_clients_elsewhere_and_answers_what_is_under_way(
    deployment: Deployment, cast: UserPool, connects: Connects
) -> None:
    server = deployment.add(BELLWIRE_DRAIN_S=LONG_S)
    alice, bob, carol = cast.people(3)
    clients = [
        await (await connects(server.ws_url, who.token)).is_greeted() for who in (alice, alice, bob)
    ]
    deaf = await (await connects(server.ws_url, carol.token)).is_greeted()
    deaf.stop_reading()
    async with Service(cast.key, server.url) as orders:
        await orders.sends("before", alice.name, bob.name)
    under_way = await HalfRequest.begun(server.url, cast.key, "the last one", alice.name)

    stopping = asyncio.create_task(asyncio.to_thread(server.stop))
    closes = await asyncio.gather(*(client.is_closed() for client in clients))
    assert closes == [(1012, "Draining")] * 3
    with pytest.raises(ConnectionRefusedError):
        await connect(server.ws_url, alice.token)
    assert await under_way.finished() == 201
    # The deaf client has not answered the closing handshake: it is waited for.
    assert not stopping.done()
    deaf.cut()
    assert await stopping == 0
    assert "Traceback" not in server.log()

    for client, missed in zip([*clients, deaf], ([2], [2], [], []), strict=True):
        async with await client.resume(deployment.ws_url) as again:
            await again.is_greeted()
            if missed:
                await again.receives_offset(missed[-1])
            pong = await again.asks("ping")
            assert again.offsets() == missed
            assert pong["positions"][client.topic]["offset"] == len(client.offsets() + missed)


async def test_sigterm_ends_the_server_though_a_client_never_answers_the_closing_handshake(
    deployment: Deployment, cast: UserPool, connects: Connects
) -> None:
    server = deployment.add(BELLWIRE_DRAIN_S=SHORT_S)
    deaf = await (await connects(server.ws_url, cast.person().token)).is_greeted()
    deaf.stop_reading()
    # One that had to be killed would have another exit code.
    assert await asyncio.to_thread(server.stop) == 0
    assert "1 connections did not end" in server.log()


class HalfRequest:
    """A `send` of which the server has asked for the body, and which has not sent it yet."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._body = body

    @classmethod
    async def begun(cls, url: str, key: str, message: str, *usernames: str) -> "HalfRequest":
        """Returns once a view runs that waits for the body."""
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        content = {"usernames": usernames, "type": "ORDER_CREATED", "message": message}
        body = json.dumps(content).encode()
        head = (
            f"POST {SEND} HTTP/1.1",
            f"Host: {address.netloc}",
            f"Authorization: Api-Key {key}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Expect: 100-continue",
        )
        writer.write("\r\n".join((*head, "", "")).encode())
        async with asyncio.timeout(PATIENCE_S):
            assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
        return cls(reader, writer, body)

    async def finished(self) -> int:
        """Send the body. Returns the answer's status."""
        self._writer.write(self._body)
        async with asyncio.timeout(PATIENCE_S):
            status = int((await self._reader.readline()).split()[1])
            await self._reader.read()
        self._writer.close()
        await self._writer.wait_closed()
        return status
