"""PostgreSQL stopped, frozen, read-only, its backends ended: 503 at once, and back in seconds."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from tests import parts
from tests.clients import connect
from tests.conftest import DEPLOYMENTS
from tests.databases import MigratedDatabase, PostgreSQLMaker
from tests.doors.rude import Rude
from tests.e2e.cast import Cast, Person, cast_of
from tests.e2e.conftest import Connects
from tests.e2e.deadlines import eventually
from tests.e2e.services import SEND
from tests.kinds import Surroundings
from tests.patience import PATIENCE_S
from tests.servers import Deployment, Server

pytestmark = pytest.mark.full_only

LIST = "/api/v1/notifications"
AT_ONCE = 100
# The default: elsewhere tests wait longer, for a machine that stalls.
DATABASE_WAIT_S = 3
# Of a server that is soon full.
PLACES = 30
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Installation:
    """An instance on a PostgreSQL of its own."""

    server_of_database: parts.PostgreSQLServer
    deployment: Deployment
    cast: Cast

    def execute(self, statement: str) -> None:
        url = self.server_of_database.url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())


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
        yield Installation(postgresql, made, cast_of(made, people=12))
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
    await staying.hears_offset(1)
    assert "Traceback" not in deployment.server.log()


async def every_path_is_refused(
    server: Server, cast: Cast, person: Person, http: httpx.AsyncClient
) -> None:
    headers = {"Authorization": f"Bearer {person.token}"}
    waiting = [http.get(LIST, headers=headers) for _ in range(AT_ONCE)]
    for answer in await asyncio.gather(*waiting):
        is_refused(answer)
    password = {"username": person.name, "password": "x"}
    for asked in (
        http.get("/long-polling/notifications", headers=headers),
        http.get("/sse/notifications", headers=headers),
        http.post("/api/v1/auth/token", json=password),
        http.post("/api/v1/auth/ticket", headers=headers),
        http.post("/api/v1/chat/message", headers=headers, json={"message": "?"}),
        http.get("/api/v1/rooms", headers=headers),
        http.post(SEND, headers={"Authorization": f"Api-Key {cast.key}"}, json={}),
    ):
        is_refused(await asked)
    await asyncio.to_thread(stomp_is_refused, server, person)
    session = f"/ws/000/{uuid.uuid4().hex}"
    assert (await http.post(f"{session}/xhr", headers=headers)).text == "o\n"
    assert (
        '\\"code\\":\\"UNAVAILABLE\\"' in (await http.post(f"{session}/xhr", headers=headers)).text
    )
    assert (await http.post(f"{session}/xhr", headers=headers)).text == 'c[1012,"Unavailable"]\n'
    refused = await connect(server.ws_url, person.token)
    assert await refused.is_closed() == (1012, "Unavailable")
    assert [frame["code"] for frame in refused.frames] == ["UNAVAILABLE"]


async def is_ready_again(http: httpx.AsyncClient) -> None:
    async def is_back() -> bool:
        return (await http.get("/readyz")).status_code == 200

    await eventually(is_back, what="the instance is ready again")


def stomp_is_refused(server: Server, person: Person) -> None:
    connect = f"CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer {person.token}\n\n\0"
    with Rude(server.ws_url, "/ws", subprotocols=["v12.stomp"]) as socket:
        socket.say_text(connect)
        error = socket.connection.recv(PATIENCE_S)
        assert isinstance(error, str)
        lines = error.split("\n")
        assert lines[0] == "ERROR"
        assert "code:UNAVAILABLE" in lines
        assert socket.hear_the_end() == ([], (1012, "Unavailable"))


def is_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "UNAVAILABLE"
    assert answer.json()["message"]
    assert int(answer.headers["retry-after"]) >= 1


async def test_backends_that_are_ended_are_noticed_by_nobody(
    installation: Installation, http: httpx.AsyncClient
) -> None:
    headers = {"Authorization": f"Bearer {installation.cast.person().token}"}
    await asyncio.gather(*(http.get(LIST, headers=headers) for _ in range(8)))
    installation.execute(END_OTHERS)
    for _ in range(8):
        assert (await http.get(LIST, headers=headers)).status_code == 200


async def test_a_primary_that_has_become_a_standby_is_left_for_the_new_one(
    installation: Installation, http: httpx.AsyncClient
) -> None:
    alice = installation.cast.person()
    key = {"Authorization": f"Api-Key {installation.cast.key}"}
    body = {"usernames": [alice.name], "type": "ORDER_CREATED", "message": "Two items"}
    installation.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    installation.execute("SELECT pg_reload_conf()")
    installation.execute(END_OTHERS)
    try:
        is_refused(await http.post(SEND, headers=key, json=body))
    finally:
        with psycopg.connect(installation.server_of_database.url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")

    # Backends hear of the new configuration one by one.
    async def is_sent() -> bool:
        return (await http.post(SEND, headers=key, json=body)).status_code == 201

    await eventually(is_sent, what="the database may be written again")


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
