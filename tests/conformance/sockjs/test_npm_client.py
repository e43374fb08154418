"""sockjs-client from npm, unmodified, forced to each transport that it has outside of a browser."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.conformance.npm.programs import FOLDER, install
from tests.conformance.sockjs.company import Company, People
from tests.support.balancer import Balancer
from tests.support.deadlines import PATIENCE_S
from tests.support.kinds import Kind
from tests.support.servers import Deployment
from tools.node import find_node, npm_environment

TRANSPORTS = ["websocket", "xhr-streaming", "xhr-polling", "eventsource"]


class NpmSockJsClient:
    """A Node process with one sockjs-client."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def next_report(self) -> list[Any]:
        """What happens next: `["open", transport]`, `["message", text]`, `["close", …]`."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = await self._process.stdout.readline()
        assert line, "the client ended"
        reported: list[Any] = json.loads(line)
        return reported

    async def receives(self, kind: str) -> dict[str, Any]:
        """The next message of a type."""
        while True:
            what, *rest = await self.next_report()
            assert what == "message", rest
            message: dict[str, Any] = json.loads(rest[0])
            if message["type"] == kind:
                return message

    def send_message(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")


@asynccontextmanager
async def client(url: str, transport: str) -> AsyncIterator[NpmSockJsClient]:
    node = find_node()
    process = await asyncio.create_subprocess_exec(
        str(node.npm.parent / "node"),
        str(FOLDER / "sockjs.mjs"),
        url,
        transport,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=npm_environment(node),
    )
    try:
        yield NpmSockJsClient(process)
    finally:
        process.kill()
        await process.communicate()


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    asyncio.run(install())


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_holds_a_conversation(
    deployments: Callable[..., Deployment],
    balancer: Callable[..., Balancer],
    kind: Kind,
    transport: str,
) -> None:
    deployment = deployments(instances=2 if kind is Kind.FULL else 1)
    # Round robin: consecutive requests land on different instances.
    front = balancer(*deployment.servers)
    token, user_id = await People(deployment, "ann").sign_in("ann")
    company = Company(deployment)
    async with client(f"{front.url}/ws?token={token}", transport) as ann:
        assert await ann.next_report() == ["open", transport]
        ann.send_message({"type": "subscribe", "data": {"topic": f"users/{user_id}"}})
        assert (await ann.receives("connected"))["user_id"] == user_id
        await ann.receives("subscribed")
        texts = ["first", "100 % 漢字 \u2028 </script> 🎺", "third"]
        for number, text in enumerate(texts):
            await company.notify(user_id, text, server=deployment.servers[number % 2 - 1])
            assert (await ann.receives("notification"))["data"]["message"] == text
            ann.send_message({"type": "ping", "ref": number})
            assert (await ann.receives("pong"))["ref"] == number


async def test_it_is_told_why_it_is_closed(deployment: Deployment) -> None:
    for transport in TRANSPORTS:
        async with client(f"{deployment.url}/ws", transport) as nobody:
            assert (await nobody.next_report())[0] == "open"
            nobody.send_message({"type": "ping"})
            assert (await nobody.next_report())[0] == "message"
            assert await nobody.next_report() == ["close", 1008, "Invalid token"]
