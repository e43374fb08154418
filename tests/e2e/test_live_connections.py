"""An administrator at one instance ends a connection on another."""

import asyncio
import re
from collections.abc import Callable

import httpx

from tests.e2e.conftest import Connects, Pair
from tests.e2e.users import UserPool
from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Deployment

LIST = "/admin/realtime/liveconnection/"
PASSWORD = "bellwire-demo"


async def test_an_admin_sees_and_ends_a_connection_on_whichever_instance_it_is(
    deployment: Deployment, pair: Pair, cast: UserPool, connects: Connects
) -> None:
    await asyncio.to_thread(deployment.manage, "demo_users")
    # Of two people: disconnecting one ends the sign-in that the connection was opened with.
    alice, bob = cast.person(), cast.person()
    here, there = pair
    stays = await (await connects(here.ws_url, bob.token)).is_greeted()
    goes = await (await connects(there.ws_url, alice.token)).is_greeted()
    doomed, spared = (one.frames[0]["connection_id"] for one in (goes, stays))

    async with httpx.AsyncClient(base_url=here.url, trust_env=False, timeout=PATIENCE_S) as desk:
        await desk.get("/admin/login/")
        form = {"username": "admin", "password": PASSWORD, "next": LIST}
        await post(desk, "/admin/login/", **form)
        page = await until(desk, lambda text: doomed in text and spared in text)
        assert len(set(re.findall(r"<td>([0-9a-f]{16})", page))) == len({*pair})

        answer = await post(desk, f"{LIST}{doomed}/disconnect/")
        assert answer.status_code == 302

        assert await goes.is_closed() == (1008, "Signed out")
        assert goes.frames[-1]["code"] == "AUTH_ERROR"
        assert (await stays.asks("ping"))["type"] == "pong"
        page = await until(desk, lambda text: doomed not in text)
        assert spared in page


async def post(desk: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    """Submit a form as its page would."""
    form["csrfmiddlewaretoken"] = desk.cookies["csrftoken"]
    return await desk.post(path, data=form, headers={"Origin": str(desk.base_url).rstrip("/")})


async def until(desk: httpx.AsyncClient, shows: Callable[[str], bool]) -> str:
    """Reload the list until it shows what another instance writes every two seconds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            text = (await desk.get(LIST)).text
            if shows(text):
                return text
            await asyncio.sleep(0.1)
