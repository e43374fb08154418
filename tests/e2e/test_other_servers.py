"""daphne, and uvicorn without our entry point: the same hub, the same conversation."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Connects
from tests.e2e.services import Service, logout
from tests.e2e.users import UserPool
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import PLAIN
from tests.support.kinds import Kind
from tests.support.processes import Process, free_port
from tests.support.servers import HOST, Deployment
from tools.paths import ROOT


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A server that is not ours. `sender` is the instance at which services send."""

    name: str
    url: str
    sender: str

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def close(self, code: int, reason: str) -> tuple[int, str]:
        """What the contract's close is here: daphne can send neither these codes nor reasons."""
        return (code + 3000, "") if self.name == "daphne" else (code, reason)


@pytest.fixture(scope="module", params=["daphne", "stock uvicorn"])
def elsewhere(
    request: pytest.FixtureRequest,
    kind: Kind,
    deployment: Deployment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Elsewhere]:
    name: str = request.param
    with ExitStack() as ends:
        if name == "daphne":
            url = deployment.add(program="daphne").url
        else:
            log = tmp_path_factory.mktemp("stock") / "uvicorn.log"
            url = _stock_uvicorn(ends, deployment, log)
        # Without Redis nobody tells another process: there the server has to do it all by itself.
        sender = deployment.url if kind is Kind.FULL else url
        yield Elsewhere(name, url, sender)


async def test_a_client_of_another_server_hears_its_events_and_resumes_like_any_other(
    elsewhere: Elsewhere, cast: UserPool, connects: Connects
) -> None:
    bob = cast.person()
    async with httpx.AsyncClient(trust_env=False) as http:
        ready = (await http.get(f"{elsewhere.url}/readyz")).json()
    assert (ready["status"], ready["send_path"]) == ("ready", "asgi")

    client = await (await connects(elsewhere.ws_url, bob.token)).is_greeted()
    async with Service(cast.key, elsewhere.sender) as orders:
        for offset in (1, 2, 3):
            await orders.sends(f"live {offset}", bob.name)
        await client.receives_offset(3)
        client.cut()
        for offset in (4, 5):
            await orders.sends(f"missed {offset}", bob.name)
        again = await client.resume()
        await again.receives_offset(5)
        await orders.sends("live 6", bob.name)
        await again.receives_offset(6)
        pong = await again.asks("ping")
        await again.close()

    assert (client.offsets(), again.offsets()) == ([1, 2, 3], [4, 5, 6])
    assert again.all_of("subscribed")[0]["recovered"] is True
    assert pong["positions"][client.topic]["offset"] == 6


async def test_each_refusal_of_another_server_has_its_error_and_its_close_code(
    elsewhere: Elsewhere, cast: UserPool, connects: Connects
) -> None:
    alice = cast.person()
    phone, laptop = alice.token, alice.second_token
    close = elsewhere.close

    forged = await connects(elsewhere.ws_url, phone[:-4] + "AAAA")
    assert await forged.is_closed() == close(1008, "Invalid token")
    assert [frame["code"] for frame in forged.frames] == ["AUTH_ERROR"]

    talks = await connects(elsewhere.ws_url, laptop, path=PLAIN, subprotocol="bellwire.json")
    await talks.receives("connected")
    await talks.sends_raw("x" * 10_241)
    assert await talks.is_closed() == close(1009, "Message too large")
    assert talks.frames[-1]["code"] == "MESSAGE_TOO_LARGE"

    five = [await connects(elsewhere.ws_url, token) for token in (phone, phone, phone, phone)]
    five.append(await connects(elsewhere.ws_url, laptop))
    for client in five:
        await client.is_greeted()
    sixth = await connects(elsewhere.ws_url, laptop)
    assert await sixth.is_closed() == close(1008, "Too many connections")
    assert [frame["code"] for frame in sixth.frames] == ["TOO_MANY_CONNECTIONS"]

    await logout(elsewhere.sender, phone)
    for client in five[:4]:
        assert await client.is_closed() == close(1008, "Signed out")
        assert client.frames[-1]["code"] == "AUTH_ERROR"
    assert (await five[4].asks("ping"))["type"] == "pong"


async def test_daphne_sends_its_clients_elsewhere_on_sigterm(
    deployment: Deployment, cast: UserPool, connects: Connects
) -> None:
    """It tells the application nothing, and would cut them off."""
    server = deployment.add(program="daphne")
    alice = cast.person()
    client = await (await connects(server.ws_url, alice.token)).is_greeted()
    # This one is no connection yet: it has not shown what it speaks.
    silent = await connects(server.ws_url, alice.token, path=PLAIN)
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http:
        headers = {"Authorization": f"Bearer {alice.token}"}
        url = f"{server.url}/long-polling/notifications"
        here = (await http.get(url, params={"timeout": "0"}, headers=headers)).headers
        polling = asyncio.create_task(http.get(url, headers=headers))
        # Once a later request is answered, the poll has been taken in as well.
        await http.get(f"{server.url}/healthz")
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        assert await client.is_closed() == (4012, "")
        assert await silent.is_closed() == (4012, "")
        polled = await polling
    assert polled.status_code in (200, 503)
    reported = polled.headers.get("realtime-position", here["realtime-position"])
    assert reported == here["realtime-position"]
    await stopping
    assert "Traceback" not in server.log()


def _stock_uvicorn(ends: ExitStack, deployment: Deployment, log: Path) -> str:
    """`uvicorn config.asgi:application`, stopped with `ends`. Returns its URL."""
    port = free_port()
    process = Process(
        [sys.executable, "-m", "uvicorn", "config.asgi:application", f"--port={port}"],
        log=log,
        env=deployment.environment,
        cwd=ROOT,
    )
    ends.callback(process.stop)
    process.wait_until(lambda: "Uvicorn running on" in process.log())
    return f"http://{HOST}:{port}"
