"""The settings of the deployment: what `config` composes of the apps, and how `serve` runs it."""

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from accounts.conf import conf as accounts_conf
from api.conf import conf as api_conf
from chat.conf import conf as chat_conf
from env_settings import Declared, declare, setting
from notifications.conf import conf as notifications_conf
from realtime import engine_conf, server_conf

# Clients of the systems before this one know the greeting: docs/contract.md §4. The portal brings
# the script of SockJS's iframe.
engine_conf.set_defaults(
    welcome="Connected to notification service",
    sockjs_client_url="/static/portal/sockjs.min.js",
)


def _refuse_unknown_level(name: str) -> None:
    known = logging.getLevelNamesMapping()
    if name not in known:
        raise ValueError(f"expected one of {', '.join(known)}, got {name!r}")


@dataclass(frozen=True)
class Deployment:
    """Where and how this instance runs."""

    debug: bool = setting(
        False,
        "",
        "development: demo logins may exist, cookies travel over plain HTTP, and some defaults "
        "differ",
        env="DEBUG",
    )
    secret_key: str = setting(
        "",
        "",
        "signs tokens; required unless `DEBUG`, the same on every instance. At least 32 "
        "characters, 8 different ones among them: `openssl rand -hex 32` prints one. Production "
        "does not start with a weaker one, nor with one that this repository has published",
        env="SECRET_KEY",
        is_secret=True,
    )
    host: str = setting("127.0.0.1", "", "the address at which `serve` listens", env="HOST")
    port: int = setting(
        8000, "port", "the port at which `serve` listens", env="PORT", least=1, most=65_535
    )
    web_concurrency: int = setting(
        1,
        "processes",
        "processes behind the one socket; above 1 needs `DATABASE_URL` and `REDIS_URL`",
        env="WEB_CONCURRENCY",
        least=1,
        most=65_535,
    )
    allowed_hosts: tuple[str, ...] = setting(
        ("localhost", "127.0.0.1"),
        "",
        "host names that are answered, comma-separated",
        env="ALLOWED_HOSTS",
        development=("*",),
    )
    forwarded_allow_ips: str = setting(
        "127.0.0.1",
        "",
        "proxies whose `X-Forwarded-*` are believed, comma-separated; `*` believes everybody",
        env="FORWARDED_ALLOW_IPS",
    )
    hsts_s: int = setting(
        31_536_000,
        "s",
        "how long browsers ask by HTTPS only, once they were answered by it "
        "(`Strict-Transport-Security`, without subdomains): a year, as is usual",
        development=0,
    )
    log_level: str = setting(
        "INFO", "", "the least level that is logged", env="LOG_LEVEL", check=_refuse_unknown_level
    )
    sockjs_conformance: bool = setting(
        False,
        "",
        "mounts the services that the SockJS protocol's own tests talk to; development only",
        env="SOCKJS_CONFORMANCE",
    )


@dataclass(frozen=True)
class Database:
    """The database, and the pool of its connections."""

    database_url: str = setting(
        "",
        "",
        "`postgres://user:password@host/name`",
        env="DATABASE_URL",
        shown="SQLite beside the code",
        is_secret=True,
    )
    db_pool: int = setting(
        20,
        "connections",
        "database connections of one process (PostgreSQL): its threads outside requests (sockets, "
        "hub), and one for each concurrent request; further requests wait",
        least=1,
    )
    db_wait_s: float = setting(
        3.0,
        "s",
        "so long a request waits for one of PostgreSQL's connections, and a connection is tried "
        "for: a client that is told to retry is served better than one that waits",
        least=0.01,
    )
    db_busy_wait_s: float = setting(
        0.2,
        "s",
        "once one has waited in vain because all connections are busy, others wait only so long "
        "before their 503 `UNAVAILABLE`, until somebody gets a connection. It is enough to open "
        "one where the server has room again",
    )


@dataclass(frozen=True)
class Requests:
    """What requests may hold of a process."""

    body_bytes: int = setting(
        64 * 1024 * 1024,
        "bytes",
        "bodies of all requests under way: eight documents of the largest size. One address gets "
        "half of it, and the first 16 KiB of each body do not count. Once a body was refused, no "
        "other of more than that is begun until the largest one has room",
        least=1,
    )
    answer_bytes: int = setting(
        64 * 1024 * 1024,
        "bytes",
        "answers that clients are still reading; beyond it the one that has been reading the "
        "longest is cut",
        least=1,
    )
    waiting_requests: int = setting(
        2_000,
        "requests",
        "requests that wait for a slot: twice the thousand pages that reconnect after a restart. "
        "Users, or addresses where nobody is signed in, take turns; beyond it the newest of "
        "whoever has the most is refused",
    )
    requests_per_client: int = setting(
        0,
        "requests",
        "requests of one user, or of one address where nobody is signed in (a service's key counts "
        "for its address), that run at once; 0 is a third of the slots. The rest of theirs waits "
        "in turn. Behind a proxy that `FORWARDED_ALLOW_IPS` does not name, all who are not signed "
        "in have one address",
    )
    wait_s: float = setting(
        30.0,
        "s",
        "the longest that a request waits for a slot; clients and proxies give up at 30 to 60 s",
    )
    switch_s: float = setting(
        0.0005,
        "s",
        "a thread leaves Python's interpreter to another that asks for it after so long. With "
        "Python's own 0.005, requests take several times as long while the event loop is busy with "
        "a flood",
        least=1e-06,
    )
    malloc_arenas: int = setting(
        2,
        "arenas",
        "arenas of glibc's allocator, shared by all threads; 0 leaves them to it (eight for each "
        "core). Each keeps up to 64 MiB of what was freed in it: with one for each thread, "
        "sign-ins from many addresses took a process to 550 MiB",
        most=65_535,
    )
    memory_trim_s: float = setting(
        10.0,
        "s",
        "about so often free memory goes back to the system, if the process has grown by 16 MiB "
        "since the last time",
        least=0.01,
    )
    busy_s: float = setting(
        5.0,
        "s",
        "when no slot has been free for so long, `/readyz` is 503 `busy`; a burst of requests is "
        "over before",
    )


@dataclass(frozen=True)
class SignInQueue:
    """Requests with a password."""

    sign_ins_at_once: int = setting(
        3,
        "requests",
        "requests with a password that run at once in one process, at most a quarter of all "
        "requests. The others wait outside of the request slots, for `BELLWIRE_WAIT_S` at most: "
        "known browsers and addresses first, then new ones, then those whose sign-ins have failed; "
        "within each, networks and addresses take turns",
        least=1,
    )
    sign_ins_waiting: int = setting(
        200,
        "requests",
        "so many may wait; then the last of them is answered 503 with `Retry-After`",
    )


@dataclass(frozen=True)
class DeploymentSettings(SignInQueue, Requests, Database, Deployment):
    """All settings of the deployment."""


conf = declare(DeploymentSettings, settings, setting_changed)

# Whatever a deployment may set: read at the start, and listed in docs/operations.md.
ALL_SETTINGS: tuple[Declared[Any], ...] = (
    conf,
    accounts_conf,
    api_conf,
    notifications_conf,
    chat_conf,
    engine_conf,
    server_conf,
)
