"""PostgreSQL stopped, frozen, read-only, its backends ended: 503 at once, and back in seconds."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.conformance.sockjs.client import SockJSClient
from tests.conftest import DEPLOYMENTS
from tests.e2e.conftest import Connects
from tests.e2e.deadlines import eventually
from tests.e2e.outage import (
    END_OTHERS,
    LIST,
    POLL,
    Installation,
    answered_over_rest,
    every_path_is_refused,
    is_ready_again,
    is_refused,
    socket_is_refused,
    sockjs_is_refused,
    stomp_is_refused,
    stomp_receives_error,
)
from tests.e2e.services import SEND
from tests.e2e.users import create_users
from tests.support import parts
from tests.support.databases import MigratedDatabase, PostgreSQLMaker
from tests.support.deadlines import PATIENCE_S
from tests.support.kinds import Surroundings
from tests.support.servers import Deployment

pytestmark = pytest.mark.full_only

# The default: elsewhere tests wait longer, for a machine that stalls.
DATABASE_WAIT_S = 3
# Of a server that is soon full.
PLACES = 30
# Of an instance whose pool is soon busy, and what its requests wait then.
CONNECTIONS = 2
BUSY_WAIT_S = 0.02
# They all wait the full time for a connection unless the first one's wait is told to the others:
# long enough for the statements that hold the connections to fail by `lock_timeout` (30 s).
BUSY_AT_ONCE = 20


@pytest.fixture(scope="module")
def installation(
    around: Surroundings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("database-away")
    postgresql = parts.PostgreSQLServer(parts.postgresql_binaries(), log=folder / "postgresql.log")
    maker = PostgreSQLMaker(postgresql.url)
    environment = around.settings(database_url="")
    database_url = MigratedDatabase(maker).copy(environment)
    made = Deployment(
        environment={
            **environment,
            "DATABASE_URL": database_url,
            "BELLWIRE_DB_WAIT_S": str(DATABASE_WAIT_S),
        },
        databases=maker,
        folder=Path(folder),
    )
    DEPLOYMENTS.append(made)
    try:
        made.add()
        yield Installation(postgresql, made, create_users(made, people=60))
    finally:
        DEPLOYMENTS.remove(made)
        made.end()
        postgresql.stop()


@pytest.fixture
async def http(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=installation.deployment.url, timeout=PATIENCE_S, trust_env=False, limits=limits
    ) as client:
        yield client


@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_every_path_says_503_and_all_is_back_with_the_database(
    installation: Installation, http: httpx.AsyncClient, connects: Connects, how: str
) -> None:
    postgresql, deployment = installation.server_of_database, installation.deployment
    alice = installation.cast.person()
    headers = {"Authorization": f"Bearer {alice.token}"}
    staying = await (await connects(deployment.ws_url, alice.token)).is_greeted()
    assert (await http.get(LIST, headers=headers)).status_code == 200

    (postgresql.halt if how == "stopped" else postgresql.freeze)()
    try:
        await every_path_is_refused(deployment.server, installation.cast, alice, http)
        page = await http.get("/admin/", headers={"Cookie": f"sessionid={'x' * 32}"})
        assert page.status_code == 503
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["retry-after"]
        assert "Traceback" not in page.text
        assert (await http.get("/ws/info")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
    finally:
        (postgresql.restart if how == "stopped" else postgresql.thaw)()

    await is_ready_again(http)
    assert (await http.get(LIST, headers=headers)).status_code == 200
    # Who was there has stayed, and misses nothing.
    async with installation.cast.orders() as orders:
        await orders.sends("after it", alice.name)
    await staying.receives_offset(1)
    assert "Traceback" not in deployment.server.log()


async def test_backends_that_are_ended_are_noticed_by_nobody(
    installation: Installation, http: httpx.AsyncClient
) -> None:
    headers = {"Authorization": f"Bearer {installation.cast.person().token}"}
    await asyncio.gather(*(http.get(LIST, headers=headers) for _ in range(8)))
    installation.execute(END_OTHERS)
    for _ in range(8):
        assert (await http.get(LIST, headers=headers)).status_code == 200


@contextmanager
def read_only(installation: Installation) -> Iterator[None]:
    """It may be read only, as where a standby answers (25006)."""
    name = urlsplit(installation.deployment.database_url).path[1:]
    setting = "default_transaction_read_only"
    installation.execute(f'ALTER DATABASE "{name}" SET {setting} = on')
    installation.execute(END_OTHERS)
    try:
        yield
    finally:
        installation.execute(f'ALTER DATABASE "{name}" RESET {setting}')


async def test_a_primary_that_has_become_a_standby_is_read_and_left_for_the_new_one(
    installation: Installation, http: httpx.AsyncClient, connects: Connects
) -> None:
    server = installation.deployment.server
    alice, bob = installation.cast.people(2)
    hers = {"Authorization": f"Bearer {alice.token}"}
    key = {"Authorization": f"Api-Key {installation.cast.key}"}
    order = {"usernames": [alice.name], "type": "ORDER_CREATED", "message": "Two items"}
    made = await http.post("/api/v1/rooms", headers=hers, json={"kind": "group", "name": "Team"})
    room = f"/api/v1/rooms/{made.json()['id']}"
    staying = await (await connects(server.ws_url, alice.token)).is_greeted()
    topic = f"rooms/{made.json()['id']}"
    assert (await staying.subscribes(topic))["type"] == "subscribed"

    with read_only(installation):
        for path in (
            LIST,
            f"{LIST}/unread/count",
            f"{LIST}/preferences",
            "/api/v1/auth/me",
            "/api/v1/jobs",
            "/api/v1/rooms",
            room,
            f"{room}/messages",
            "/api/v1/users?q=person",
            "/api/v1/chat/conversations",
            f"{POLL}?timeout=1",
        ):
            answer = await http.get(path, headers=hers)
            assert answer.status_code == 200, (path, answer.text)
        async with http.stream("GET", "/sse/notifications", headers=hers) as stream:
            assert stream.status_code == 200
        await (await connects(server.ws_url, bob.token)).is_greeted()
        assert (await staying.subscribes(topic))["type"] == "subscribed"
        subscribe = "SUBSCRIBE\nid:1\ndestination:/user/queue/notifications\nreceipt:1\n\n\0"
        assert (await asyncio.to_thread(stomp_receives_error, server, bob, subscribe))[
            0
        ] == "RECEIPT"

        writes: list[tuple[str, str, dict[str, str], object]] = [
            ("POST", SEND, key, order),
            ("POST", "/api/v1/jobs", key, {"usernames": [alice.name], "title": "Export"}),
            ("PUT", f"{LIST}/read-all", hers, {}),
            ("PUT", f"{LIST}/preferences", hers, {"blog": False}),
            ("PATCH", "/api/v1/auth/me", hers, {"language": "ko"}),
            ("POST", "/api/v1/auth/token", {}, {"username": alice.name, "password": "x"}),
            ("POST", "/api/v1/auth/ticket", hers, {}),
            ("POST", "/api/v1/rooms", hers, {"kind": "group", "name": "Other"}),
            ("POST", f"{room}/messages", hers, {"content": "?"}),
            ("POST", f"{room}/read", hers, {"offset": 1}),
            ("PATCH", room, hers, {"name": "Other"}),
            ("DELETE", room, hers, None),
            ("POST", "/api/v1/chat/message", hers, {"message": "?"}),
            ("PUT", "/api/v1/chat/consent", hers, {"own_data": True}),
        ]
        for method, path, headers, body in writes:
            answer = await http.request(method, path, headers=headers, json=body)
            assert answer.status_code == 503, (method, path, answer.text)
            is_refused(answer)
        said = await staying.asks("message", topic=topic, content="?")
        assert (said["type"], said["code"]) == ("error", "UNAVAILABLE")
        send = f"SEND\ndestination:/app/chat-{topic}/messages\n\n?\0"
        reported = await asyncio.to_thread(stomp_receives_error, server, alice, send)
        assert reported[0] == "ERROR"
        assert "code:UNAVAILABLE" in reported
        query = f"?token={alice.token}"
        async with SockJSClient(lambda _: f"{server.url}/ws", query=query) as client:
            await client.send_message({"type": "ping"})
            await client.receives("connected")
            await client.send_message({"type": "message", "data": {"topic": topic, "content": "?"}})
            assert (await client.receives("error"))[0]["code"] == "UNAVAILABLE"

    async def is_sent() -> bool:
        return (await http.post(SEND, headers=key, json=order)).status_code == 201

    await eventually(is_sent, what="the database may be written again")
    assert "Traceback" not in server.log()


@contextmanager
def every_place_taken(installation: Installation) -> Iterator[None]:
    """No connection more: "sorry, too many clients already" (53300)."""
    postgresql = installation.server_of_database
    postgresql.halt()
    postgresql.restart(max_connections=PLACES)
    instances = f"{END_OTHERS} AND datname <> 'postgres'"
    try:
        with ExitStack() as held:
            first = held.enter_context(psycopg.connect(postgresql.url, autocommit=True))
            ended = True
            while ended:
                take_every_place(postgresql.url, held)
                ended = first.execute(instances.encode()).fetchall() != []
            yield
    finally:
        postgresql.halt()
        postgresql.restart()


def take_every_place(url: str, held: ExitStack) -> None:
    while True:
        try:
            held.enter_context(psycopg.connect(url))
        except psycopg.OperationalError as error:
            if "too many clients" not in str(error):
                raise
            return


@contextmanager
def in_recovery(installation: Installation) -> Iterator[None]:
    """It starts up, and lets nobody in yet (57P03)."""
    postgresql = installation.server_of_database
    postgresql.halt()
    postgresql.restart_in_recovery()
    try:
        yield
    finally:
        postgresql.end_recovery()
        postgresql.restart()


@pytest.mark.parametrize("how", [every_place_taken, in_recovery])
async def test_a_server_that_lets_nobody_in_is_away(
    installation: Installation,
    http: httpx.AsyncClient,
    how: Callable[[Installation], AbstractContextManager[None]],
) -> None:
    alice = installation.cast.person()
    with how(installation):
        await every_path_is_refused(installation.deployment.server, installation.cast, alice, http)
        assert (await http.get("/readyz")).status_code == 503
    await is_ready_again(http)
    headers = {"Authorization": f"Bearer {alice.token}"}
    assert (await http.get(LIST, headers=headers)).status_code == 200
    assert "Traceback" not in installation.deployment.server.log()


async def test_while_every_connection_is_busy_the_others_are_not_kept_waiting(
    installation: Installation,
) -> None:
    server = installation.deployment.add(
        BELLWIRE_DB_POOL=CONNECTIONS, BELLWIRE_DB_BUSY_WAIT_S=BUSY_WAIT_S
    )
    alice, *holders = installation.cast.people(1 + CONNECTIONS)
    headers = {"Authorization": f"Bearer {alice.token}"}
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as http:
        with psycopg.connect(installation.deployment.database_url) as locked:
            locked.execute("LOCK TABLE realtime_head IN ACCESS EXCLUSIVE MODE")
            busy = [
                asyncio.create_task(http.get(POLL, headers={"Authorization": f"Bearer {token}"}))
                for token in (holder.token for holder in holders)
            ]

            async def has_no_connection() -> bool:
                return (await http.get("/readyz")).status_code == 503

            await eventually(has_no_connection, what="every connection waits for the lock")
            await every_path_is_refused(
                server, installation.cast, alice, http, at_once=BUSY_AT_ONCE
            )
            assert not any(each.done() for each in busy), "the refusals came first"
        await is_ready_again(http)
        assert (await http.get(LIST, headers=headers)).status_code == 200
        async with installation.cast.orders() as orders:
            await orders.sends("after it", *(holder.name for holder in holders))
        assert [answer.status_code for answer in await asyncio.gather(*busy)] == [200] * CONNECTIONS
    assert "Traceback" not in server.log()
    server.stop()


# --- the server ends what it is at ---------------------------------------------------------------

# Everybody is let in by it, and so nobody while it is locked.
PEOPLE_TABLE = "accounts_user"
BLOCKED = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'accounts_user'::regclass"


def terminated(pids: list[int], connection: psycopg.Connection[Any]) -> None:
    """By an administrator, or at a shutdown (57P01)."""
    connection.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [pids])


def crashed(pids: list[int], connection: psycopg.Connection[Any]) -> None:
    """One dies; the server ends all (57P02), and lets nobody in until it has recovered (57P03)."""
    os.kill(pids[0], signal.SIGKILL)


@pytest.mark.parametrize("how", [terminated, crashed])
async def test_statements_that_the_server_ends_are_refusals_on_every_path(
    installation: Installation,
    http: httpx.AsyncClient,
    connects: Connects,
    how: Callable[[list[int], psycopg.Connection[Any]], None],
) -> None:
    deployment, cast = installation.deployment, installation.cast
    server = deployment.server
    alice, *others = cast.people(8)
    staying = await (await connects(server.ws_url, alice.token)).is_greeted()
    key = f"Api-Key {cast.key}"
    order = {"usernames": [alice.name], "type": "ORDER_CREATED", "message": "?"}
    bearer = [f"Bearer {person.token}" for person in others]
    paths = [
        answered_over_rest(http, "GET", LIST, credential=bearer[0]),
        answered_over_rest(http, "PUT", f"{LIST}/read-all", credential=bearer[1]),
        answered_over_rest(http, "POST", SEND, credential=key, body=order),
        answered_over_rest(http, "GET", POLL, credential=bearer[2]),
        answered_over_rest(http, "GET", "/sse/notifications", credential=bearer[3]),
        socket_is_refused(server.ws_url, others[4].token),
        sockjs_is_refused(http, others[5].token),
        asyncio.to_thread(stomp_is_refused, server, others[6]),
    ]
    url = deployment.database_url
    # Closed and not committed: the server may have ended these as well.
    with (
        closing(psycopg.connect(url, autocommit=True)) as watching,
        closing(psycopg.connect(url)) as locked,
    ):
        locked.execute(f"LOCK TABLE {PEOPLE_TABLE} IN ACCESS EXCLUSIVE MODE".encode())
        asked = [asyncio.create_task(path) for path in paths]

        async def blocked() -> list[int]:
            found = [pid for (pid,) in watching.execute(BLOCKED)]
            return found if len(found) >= len(paths) else []

        how(await eventually(blocked, what="all of them wait for the lock"), watching)
        await asyncio.gather(*asked)

    await is_ready_again(http)
    for credential in bearer:
        answer = await http.get(LIST, headers={"Authorization": credential})
        assert answer.status_code == 200
    async with cast.orders() as orders:
        await orders.sends("after it", alice.name)
    await staying.receives_offset(1)
    assert staying.closed is None
    assert "Traceback" not in server.log()
