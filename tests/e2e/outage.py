"""A PostgreSQL of the test's own that goes away, and what every path says then."""

import asyncio
import uuid
from dataclasses import dataclass

import httpx
import psycopg

from tests.e2e.deadlines import eventually
from tests.e2e.services import SEND
from tests.e2e.users import ApiUser, UserPool
from tests.endpoints.hostile_requests import RawWebSocket
from tests.support import parts
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import connect
from tests.support.servers import Deployment, Server

LIST = "/api/v1/notifications"
POLL = "/long-polling/notifications"
AT_ONCE = 100
# Waits for the end of each, up to 10 s: one that ends a moment later may be at a request by then.
END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Installation:
    """An instance on a PostgreSQL of its own."""

    server_of_database: parts.PostgreSQLServer
    deployment: Deployment
    cast: UserPool

    def execute(self, statement: str) -> None:
        url = self.server_of_database.url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())


async def every_path_is_refused(
    server: Server,
    cast: UserPool,
    person: ApiUser,
    http: httpx.AsyncClient,
    *,
    at_once: int = AT_ONCE,
) -> None:
    headers = {"Authorization": f"Bearer {person.token}"}
    waiting = [http.get(LIST, headers=headers) for _ in range(at_once)]
    for answer in await asyncio.gather(*waiting):
        is_refused(answer)
    password = {"username": person.name, "password": "x"}
    for asked in (
        http.get(POLL, headers=headers),
        http.get("/sse/notifications", headers=headers),
        http.post("/api/v1/auth/token", json=password),
        http.post("/api/v1/auth/ticket", headers=headers),
        http.post("/api/v1/chat/message", headers=headers, json={"message": "?"}),
        http.get("/api/v1/rooms", headers=headers),
        http.post(SEND, headers={"Authorization": f"Api-Key {cast.key}"}, json={}),
    ):
        is_refused(await asked)
    await asyncio.to_thread(stomp_is_refused, server, person)
    await sockjs_is_refused(http, person.token)
    await socket_is_refused(server.ws_url, person.token)


async def is_ready_again(http: httpx.AsyncClient) -> None:
    async def is_back() -> bool:
        return (await http.get("/readyz")).status_code == 200

    await eventually(is_back, what="the instance is ready again")


def stomp_is_refused(server: Server, person: ApiUser) -> None:
    connect = f"CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer {person.token}\n\n\0"
    with RawWebSocket(server.ws_url, "/ws", subprotocols=["v12.stomp"]) as socket:
        socket.say_text(connect)
        error = socket.connection.recv(PATIENCE_S)
        assert isinstance(error, str)
        lines = error.split("\n")
        assert lines[0] == "ERROR"
        assert "code:UNAVAILABLE" in lines
        assert socket.receive_the_end() == ([], (1012, "Unavailable"))


def stomp_receives_error(server: Server, person: ApiUser, frame: str) -> list[str]:
    """The lines of what answers a frame of a client that is connected."""
    connect = f"CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer {person.token}\n\n\0"
    with RawWebSocket(server.ws_url, "/ws", subprotocols=["v12.stomp"]) as socket:
        socket.say_text(connect)
        assert str(socket.connection.recv(PATIENCE_S)).startswith("CONNECTED")
        socket.say_text(frame)
        return str(socket.connection.recv(PATIENCE_S)).split("\n")


def is_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "UNAVAILABLE"
    assert answer.json()["message"]
    assert int(answer.headers["retry-after"]) >= 1


# --- every path by itself, so that all of them can be under way at once --------------------------


async def answered_over_rest(
    http: httpx.AsyncClient, method: str, path: str, *, credential: str = "", body: object = None
) -> None:
    """Expects the refusal of a request."""
    headers = {"Authorization": credential} if credential else {}
    is_refused(await http.request(method, path, headers=headers, json=body))


async def socket_is_refused(ws_url: str, token: str) -> None:
    refused = await connect(ws_url, token)
    assert await refused.is_closed() == (1012, "Unavailable")
    assert [frame["code"] for frame in refused.frames] == ["UNAVAILABLE"]


async def sockjs_is_refused(http: httpx.AsyncClient, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    session = f"/ws/000/{uuid.uuid4().hex}"
    assert (await http.post(f"{session}/xhr", headers=headers)).text == "o\n"
    said = (await http.post(f"{session}/xhr", headers=headers)).text
    assert '\\"code\\":\\"UNAVAILABLE\\"' in said
    assert (await http.post(f"{session}/xhr", headers=headers)).text == 'c[1012,"Unavailable"]\n'
