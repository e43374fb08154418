"""What operators, orchestrators and Prometheus ask, and what refuses to start."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql
from websockets.exceptions import ConnectionClosed

from tests.endpoints.company import Company, eventually
from tests.endpoints.hostile_requests import RawWebSocket
from tests.support.kinds import Kind
from tests.support.parts import RedisServer
from tests.support.processes import free_port
from tests.support.servers import Deployment, Server
from tools.paths import FRONTEND, ROOT

Samples = dict[str, float]


def at(server: Server, company: Company) -> Company:
    return Company(server.url, company.key)


def readiness(company: Company) -> tuple[int, str, str]:
    """The status code, and what is said of the database and of Redis."""
    answer = company.ask("GET", "/readyz")
    body = answer.json()
    assert body["status"] == ("ready" if answer.status_code == 200 else "unready")
    return answer.status_code, body["database"], body["redis"]


# --- probes --------------------------------------------------------------------------------------


def test_the_process_says_that_it_lives(company: Company) -> None:
    answer = company.ask("GET", "/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_instance_says_that_it_is_ready(company: Company, kind: Kind) -> None:
    answer = company.ask("GET", "/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "database": "ok",
        "redis": "ok" if kind is Kind.FULL else "embedded",
        "send_path": "direct",
    }


def test_on_daphne_too(daphne: Server, company: Company) -> None:
    body = at(daphne, company).ask("GET", "/readyz").json()

    assert (body["status"], body["send_path"]) == ("ready", "asgi")


def test_it_is_not_ready_while_migrations_are_missing(unmigrated: Server, company: Company) -> None:
    there = at(unmigrated, company)

    assert readiness(there)[:2] == (503, "migrations are missing")
    assert there.is_well()


def test_it_starts_while_the_database_is_away_and_says_so(
    deployment: Deployment, company: Company, kind: Kind
) -> None:
    nowhere = {
        Kind.FULL: f"postgresql://bellwire:hunter2@127.0.0.1:{free_port()}/bellwire",
        Kind.EMBEDDED: "sqlite:////nowhere/at/all.sqlite3",
    }
    server = deployment.add(DATABASE_URL=nowhere[kind])
    alone = at(server, company)

    for _ in range(3):
        started = time.monotonic()
        assert readiness(alone)[:2] == (503, "away")
        # The pool of connections would wait for 15 s.
        assert time.monotonic() - started < 10
    assert alone.is_well()
    assert "hunter2" not in server.log()


@pytest.mark.full_only
def test_it_is_ready_again_as_soon_as_the_database_is_back(
    deployments: Callable[..., Deployment], company: Company
) -> None:
    own = deployments()
    there = at(own.server, company)
    alice = own.token("alice")
    key = own.service_key()
    with RawWebSocket(own.ws_url, token=alice) as socket:
        socket.receive_greeting()

        with Away(own.database_url):
            assert eventually(lambda: readiness(there)[:2] == (503, "away"))
            assert there.is_well()
            assert socket.answers()

        assert eventually(lambda: readiness(there)[:2] == (200, "ok"))
        assert Company(own.url, key).goes_on(socket, "alice")


class Away:
    """While it lasts, the database has another name and nobody is connected to it."""

    def __init__(self, url: str) -> None:
        self._name = urlsplit(url).path.lstrip("/")
        self._admin = urlunsplit(urlsplit(url)._replace(path="/postgres"))

    def __enter__(self) -> None:
        self._rename(self._name, f"{self._name}_away")

    def __exit__(self, *_: object) -> None:
        self._rename(f"{self._name}_away", self._name)

    def _rename(self, old: str, new: str) -> None:
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        statement = rename.format(sql.Identifier(old), sql.Identifier(new))
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"

        def renamed() -> bool:
            # Somebody may come back between the two.
            connection.execute(cut, [old])
            try:
                connection.execute(statement)
            except psycopg.errors.ObjectInUse:
                return False
            return True

        with psycopg.connect(self._admin, autocommit=True) as connection:
            assert eventually(renamed)


@pytest.mark.full_only
def test_without_redis_it_is_ready_and_degraded(
    deployment: Deployment, company: Company, alice: str, redis_server: RedisServer
) -> None:
    server = deployment.add(REDIS_URL=redis_server.url)
    there = at(server, company)
    with RawWebSocket(there.ws_url, token=alice) as socket:
        socket.receive_greeting()
        assert readiness(there) == (200, "ok", "ok")

        redis_server.stop()
        assert eventually(lambda: readiness(there) == (200, "ok", "degraded"))
        assert there.goes_on(socket, "alice")

        redis_server.start()
        assert eventually(lambda: readiness(there) == (200, "ok", "ok"))
        assert there.goes_on(socket, "alice")
    server.stop()


# --- metrics -------------------------------------------------------------------------------------


def metrics(company: Company) -> Samples:
    """Every sample, as `name` or `name{label=value}`."""
    answer = company.ask("GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return {
        sample.name
        + "".join(
            f"{{{name}={value}}}" for name, value in sorted(sample.labels.items())
        ): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_metrics_move_with_what_happens(
    deployment: Deployment, company: Company, alice: str, bob: str
) -> None:
    server = deployment.add(BELLWIRE_OUTBOX_FRAMES=5, BELLWIRE_FRAME_BURST=2_000)
    there = at(server, company)
    sockets = "bellwire_connections{transport=websocket}"
    replays = "bellwire_replays_total{recovered=%s}"
    before = metrics(there)
    assert before.get(sockets, 0) == 0

    with ExitStack() as open_sockets:
        first = open_sockets.enter_context(RawWebSocket(there.ws_url, token=alice))
        position = first.receive_greeting()["subscriptions"]
        second = open_sockets.enter_context(RawWebSocket(there.ws_url, token=alice))
        second.receive_greeting()
        assert there.rings(first, "alice")
        assert there.goes_on(second, "alice")
        assert metrics(there)[sockets] == 2
        ((own, here), *_) = position.items()
        assert own.startswith("users/")
        for since in (f"{here['epoch']}:{here['offset']}", "another-log:0"):
            again = RawWebSocket(there.ws_url, token=alice, since=since)
            open_sockets.enter_context(again).receive_greeting()

    assert eventually(lambda: metrics(there)[sockets] == 0)
    after = metrics(there)
    assert after["bellwire_events_total"] - before["bellwire_events_total"] == 2
    # Two to the first, one at least of them to the second, and two by replay.
    assert after["bellwire_deliveries_total"] - before["bellwire_deliveries_total"] >= 5
    assert after["bellwire_delivery_seconds_count"] > before["bellwire_delivery_seconds_count"]
    assert (
        after["bellwire_delivery_seconds_bucket{le=+Inf}"]
        == after["bellwire_delivery_seconds_count"]
    )
    assert after[replays % "true"] - before.get(replays % "true", 0) == 1
    assert after[replays % "false"] - before.get(replays % "false", 0) == 1
    assert after["bellwire_outbox_overflows_total"] == 0

    with RawWebSocket(there.ws_url, token=bob, deaf=True) as deaf:
        # On a slow machine it is cut off before the last of them is sent.
        with suppress(ConnectionClosed):
            for number in range(600):
                deaf.send_message("ping", ref="x" * 9_000 + str(number))
        assert eventually(lambda: metrics(there)["bellwire_outbox_overflows_total"] == 1)
    assert eventually(lambda: metrics(there)[sockets] == 0)
    assert metrics(there)["bellwire_closes_total{reason=slow_consumer}"] == 1


# --- pages ---------------------------------------------------------------------------------------

PATHS = {
    "/api/v1/auth/token": {"post"},
    "/api/v1/auth/token/refresh": {"post"},
    "/api/v1/auth/logout": {"post"},
    "/api/v1/auth/ticket": {"post"},
    "/api/v1/auth/me": {"get"},
    "/api/v1/auth/csrf": {"get"},
    "/api/v1/notifications": {"get"},
    "/api/v1/notifications/unread": {"get"},
    "/api/v1/notifications/unread/count": {"get"},
    "/api/v1/notifications/read-all": {"put"},
    "/api/v1/notifications/send": {"post"},
    "/api/v1/notifications/sent/{batch_id}": {"get", "delete"},
    "/api/v1/notifications/{notification_id}": {"delete"},
    "/api/v1/notifications/{notification_id}/read": {"put"},
    "/notification/send": {"post"},
}


def test_the_schema_describes_every_path(company: Company) -> None:
    answer = company.ask("GET", "/api/schema/", params={"format": "json"})

    assert answer.status_code == 200
    schema = answer.json()
    assert schema["openapi"].startswith("3.")
    for path, methods in PATHS.items():
        assert methods <= schema["paths"][path].keys(), path
    operations = [
        operation
        for path in schema["paths"].values()
        for method, operation in path.items()
        if method in ("get", "put", "post", "patch", "delete")
    ]
    assert all(operation["responses"] for operation in operations)
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for reference in set(re.findall(r'"\$ref": ?"#/([^"]+)"', answer.text)):
        part: Any = schema
        for key in reference.split("/"):
            part = part[key]


def test_the_schema_has_a_page(company: Company) -> None:
    answer = company.ask("GET", "/api/docs/")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "/api/schema/" in answer.text


@pytest.mark.parametrize("path", ["/", "/orders/7", "/%EB%B9%84"])
def test_the_portal_runs_nothing_but_its_own_scripts(company: Company, path: str) -> None:
    assert (FRONTEND / "dist" / "index.html").is_file(), (
        "build the page: python -m tools.npm run build"
    )

    answer = company.ask("GET", path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert (
        policy["default-src"]
        == policy["object-src"]
        == policy["frame-ancestors"]
        == policy["base-uri"]
        == "'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text)
    assert len(files) >= 3
    for file in files:
        assert company.ask("GET", file).status_code == 200, file


def test_the_portal_is_there_in_production_too(production: Server, company: Company) -> None:
    there = at(production, company)

    page = there.ask("GET", "/")
    assert page.status_code == 200
    for file in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert there.ask("GET", file).status_code == 200, file
    cookie = page.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "SameSite=None" in cookie


# --- what refuses to start -----------------------------------------------------------------------


def refused(environment: Mapping[str, str], *arguments: str) -> str:
    """The one line that `manage.py …` ends with instead of doing anything."""
    ran = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode not in (0, None)
    assert ran.stdout == ""
    lines = ran.stderr.strip().splitlines()
    assert len(lines) == 1, ran.stderr
    return lines[0]


def test_two_processes_of_embedded_parts_refuse_to_start(deployment: Deployment) -> None:
    embedded = {**deployment.environment, "REDIS_URL": "", "WEB_CONCURRENCY": "2"}

    said = refused({**embedded, "PORT": str(free_port())}, "serve")

    assert "WEB_CONCURRENCY" in said
    assert "DATABASE_URL and REDIS_URL" in said


def test_without_a_secret_key_production_does_not_start(deployment: Deployment) -> None:
    environment = {**deployment.environment, "DEBUG": "0", "PORT": str(free_port())}
    environment.pop("SECRET_KEY", None)

    said = refused(environment, "serve")

    assert "SECRET_KEY" in said
    assert "DEBUG=1" in said


def test_production_has_no_demo_users(deployment: Deployment) -> None:
    production = {**deployment.environment, "DEBUG": "0"}

    assert "DEBUG=1" in refused(production, "demo_users")


# --- several processes behind one port -----------------------------------------------------------


@pytest.mark.full_only
def test_two_processes_behind_one_port_both_deliver(
    deployment: Deployment, company: Company, alice: str
) -> None:
    server = deployment.add(WEB_CONCURRENCY=2, BELLWIRE_MAX_CONNECTIONS_PER_USER=1_000)
    there = at(server, company)
    with ExitStack() as open_sockets:
        sockets: list[RawWebSocket] = []

        def each_has_some() -> bool:
            # The second may still be starting when the first answers.
            sockets.append(open_sockets.enter_context(RawWebSocket(there.ws_url, token=alice)))
            sockets[-1].receive_greeting()
            shares = [inodes & open_sockets_of(server.port) for inodes in workers(server)]
            return len(shares) == 2 and all(shares)

        assert eventually(each_has_some)
        sent = [there.send("alice") for _ in range(10)]
        for socket in sockets:
            received = [socket.receive_until(is_notification)["data"]["id"] for _ in sent]
            assert received == sent
    assert server.stop() == 0


def is_notification(frame: dict[str, Any]) -> bool:
    return bool(frame["type"] == "notification")


def workers(server: Server) -> list[set[str]]:
    """The sockets, by inode, that each child of the server holds (Linux)."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [_sockets_of(Path(f"/proc/{child}/fd")) for child in children]


def _sockets_of(folder: Path) -> set[str]:
    found = set()
    for descriptor in os.listdir(folder):
        # The process may have closed it since the folder was read.
        with suppress(FileNotFoundError):
            found.add(os.readlink(folder / descriptor))
    return {match[1] for link in found if (match := re.match(r"socket:\[(\d+)\]", link))}


def open_sockets_of(port: int) -> set[str]:
    """The established connections to a port, by inode (Linux)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"}


def test_browsers_keep_to_https_in_production(production: Server, company: Company) -> None:
    there = at(production, company)

    secure = there.ask("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = there.ask("GET", "/healthz")
    assert "Strict-Transport-Security" not in plain.headers, "it means nothing there"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_answered_whatever_the_host(
    production: Server, company: Company, path: str
) -> None:
    there = at(production, company)

    for host in ("10.1.2.3:8000", "web1", "evil.example", "a b"):
        assert there.ask("GET", path, headers={"Host": host}).status_code == 200, host
        refused = there.ask("GET", "/api/v1/auth/csrf", headers={"Host": host})
        assert refused.status_code == 400, host
