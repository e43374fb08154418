"""SockJS 0.3.3 over WebSockets, framed and bare."""

import asyncio
import uuid

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Server


def socket(server: Server, path: str) -> connect:
    return connect(f"{server.ws_url}{path}", compression=None, proxy=None, close_timeout=1)


def session(base: str) -> str:
    return f"{base}/000/{uuid.uuid4()}/websocket"


async def received(client: ClientConnection) -> str | bytes:
    async with asyncio.timeout(PATIENCE_S):
        return await client.recv()


async def test_a_message_comes_back_in_an_array(tested: Server) -> None:
    async with socket(tested, session("/echo")) as client:
        assert await received(client) == "o"
        await client.send("")
        await client.send('["a"]')
        assert await received(client) == 'a["a"]'
        # Some clients send a single string.
        await client.send('"b"')
        assert await received(client) == 'a["b"]'


async def test_a_close_is_told_before_the_connection_ends(tested: Server) -> None:
    async with socket(tested, session("/close")) as client:
        assert await received(client) == "o"
        assert await received(client) == 'c[3000,"Go away!"]'
        with pytest.raises(ConnectionClosed):
            await received(client)
        assert (client.close_code, client.close_reason) == (3000, "Go away!")


async def test_two_connections_may_use_one_session_id(tested: Server) -> None:
    path = session("/echo")
    async with socket(tested, path) as first, socket(tested, path) as second:
        for client in (first, second):
            assert await received(client) == "o"
        for client, text in ((first, '["a"]'), (second, '["b"]')):
            await client.send(text)
            assert await received(client) == f"a{text}"
    async with socket(tested, path) as again:
        assert await received(again) == "o"


@pytest.mark.parametrize("broken", ['["a', "{}", "[1]", "[[", "\ufeff[]"])
async def test_what_is_no_array_ends_the_connection(tested: Server, broken: str) -> None:
    async with socket(tested, session("/echo")) as client:
        assert await received(client) == "o"
        await client.send(broken)
        with pytest.raises(ConnectionClosed):
            await received(client)


async def test_bare_there_is_no_framing(tested: Server) -> None:
    async with socket(tested, "/echo/websocket") as client:
        await client.send("Hello world!\uffff")
        assert await received(client) == "Hello world!\uffff"
    async with socket(tested, "/close/websocket") as client:
        with pytest.raises(ConnectionClosed):
            await received(client)


async def test_a_service_without_websockets_refuses_them(tested: Server) -> None:
    with pytest.raises(InvalidStatus):
        async with socket(tested, session("/disabled_websocket_echo")):
            pass
