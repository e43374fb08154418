"""What every test can ask for. See tests/support/kinds.py for the two kinds of parts."""

import atexit
import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker

from tests.support import budgets, parts
from tests.support.balancer import Balancer
from tests.support.chromium import chromium
from tests.support.clocks import clock_ahead  # noqa: F401 - a fixture for all tests
from tests.support.databases import MigratedDatabase, SharedMigratedDatabase
from tests.support.kinds import Kind, Surroundings, surroundings
from tests.support.servers import Deployment, Program

MARKERS = {
    "full_only": "needs PostgreSQL or Redis: only with BELLWIRE_TEST_PARTS=full",
    "embedded_only": "about SQLite or the in-memory layer: only with BELLWIRE_TEST_PARTS=embedded",
    "once": "says nothing about the parts, so once is enough: runs in the embedded kind",
    "once_full": "the same, in the full kind: so that both kinds take about as long",
}
DEPLOYMENTS: list[Deployment] = []


def _prepare() -> Surroundings:
    """Bring the parts, point Django at them and set it up; pytest-django takes it from there."""
    if settings.configured:
        # pytest-django has read them already: the tests would empty the developer's own database.
        raise SystemExit("bellwire: unset DJANGO_SETTINGS_MODULE, the tests choose the settings")
    try:
        around = surroundings()
    except parts.MissingPartError as missing:
        raise SystemExit(f"bellwire: {missing}") from missing
    atexit.register(around.close)
    wanted = around.settings(database_url=around.databases.new_name())
    for name in os.environ.keys() - wanted.keys():
        if not name.startswith(("TEST_", "BELLWIRE_TEST_", "PYTEST_")):
            del os.environ[name]
    os.environ.update(wanted)
    django.setup()
    return around


# Until everything is collected: of the millions of objects that come before, next to none becomes
# garbage, and a fifth of the time would go into looking for some.
gc.disable()

# Not in a hook: the conftest files of the rooms, which come right after this one, import models.
AROUND = _prepare()


# How fast examples are made says something about the machine, and nothing about the program.
hypothesis_settings.register_profile(
    "bellwire", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("bellwire")


# --- the run -------------------------------------------------------------------------------------


def pytest_collection_finish() -> None:
    """What is there when the tests start stays until they end, and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_report_header() -> str:
    kind = AROUND.kind
    other = Kind.EMBEDDED if kind is Kind.FULL else Kind.FULL
    return f"parts: {kind} (BELLWIRE_TEST_PARTS={other} for the other kind, `make test` for both)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to the other kind: not skipped, for it does run there."""
    full = AROUND.kind is Kind.FULL
    foreign = {"embedded_only", "once"} if full else {"full_only", "once_full"}
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        names = {mark.name for mark in item.iter_markers()}
        (left_out if names & foreign else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.fixture(autouse=True)
def _full_budgets() -> None:
    """What an earlier test's user has spent is not this one's, though their ids may be the same."""
    budgets.refill()


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """A transactional test's rows go in a fraction of the time that Django's `flush` takes."""
    # Imports models: not before Django is set up.
    from tests.support.flushes import Flush

    # Private, and so without a type.
    cases: Any = TransactionTestCase
    set_up, tear_down = cases._fixture_setup.__func__, cases._fixture_teardown
    # Made in front of the first such test: where there is none there may be no database.
    made: list[Flush] = []

    def prepare(case: Any) -> None:
        if not made:
            made.append(Flush())
        set_up(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "_fixture_setup", classmethod(prepare))
        patch.setattr(cases, "_fixture_teardown", lambda case: made[0].run(lambda: tear_down(case)))
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Put the servers' logs beside the failure that they may explain."""
    report = yield
    if report.failed:
        for deployment in DEPLOYMENTS:
            report.sections.append(("servers", deployment.logs()[-20_000:]))
    return report


# --- Django in this process ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, around: Surroundings
) -> Iterator[None]:
    """The test database: one that no other run has, and for SQLite a file. Django's own choice,
    memory, is one connection's; the tests' threads need the same database.

    Migrating takes longer than many a test file: where others share the migrated database, it is
    copied. Where nobody does, it is migrated in this process, which has imported everything.
    """
    url = os.environ["DATABASE_URL"]
    if isinstance(around.migrated, SharedMigratedDatabase):
        around.migrated.copy(around.settings(database_url=""), url)
    else:
        around.databases.create(url)
        with django_db_blocker.unblock():
            call_command("migrate", verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        connection.close()
    # A thread of the engine may still hold a connection: it is cut.
    around.databases.drop(url)


@pytest.fixture
def epoch(db: None) -> None:
    """What the migrations put into the database, and a transactional test before has emptied."""
    from realtime.log import event_log
    from realtime.models import Epoch

    if not Epoch.objects.exists():
        event_log.begin_epoch()


# --- servers -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def around() -> Surroundings:
    """The parts of this run."""
    return AROUND


@pytest.fixture(scope="session")
def kind(around: Surroundings) -> Kind:
    return around.kind


@pytest.fixture(scope="session")
def migrated(around: Surroundings) -> Iterator[MigratedDatabase]:
    yield around.migrated
    around.migrated.drop()


@pytest.fixture(scope="module")
def deployment_settings() -> dict[str, str]:
    """Environment variables of the module's deployment; a module may have its own."""
    return {}


@pytest.fixture(scope="module")
def deployment(
    around: Surroundings,
    migrated: MigratedDatabase,
    tmp_path_factory: pytest.TempPathFactory,
    deployment_settings: dict[str, str],
) -> Iterator[Deployment]:
    """One instance with a database of its own, shared by the tests of a module."""
    made = _deployment(around, migrated, tmp_path_factory.mktemp("servers"), deployment_settings)
    try:
        made.add()
        yield made
    finally:
        _end(made)


@pytest.fixture
def deployments(
    around: Surroundings, migrated: MigratedDatabase, tmp_path: Path
) -> Iterator[Callable[..., Deployment]]:
    """Makes deployments that live as long as the test.

    `deployments(instances=2, program="daphne", BELLWIRE_OUTBOX_FRAMES=5)`; the settings are
    environment variables of every instance.
    """
    made: list[Deployment] = []

    def make(instances: int = 1, program: Program = "uvicorn", **settings: object) -> Deployment:
        own = {name: str(value) for name, value in settings.items()}
        made.append(_deployment(around, migrated, tmp_path, own))
        made[-1].add_many(instances, program=program)
        return made[-1]

    yield make
    for deployment in made:
        _end(deployment)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[parts.RedisServer]:
    """A Redis to stop and to freeze, for `deployments(REDIS_URL=redis_server.url)`."""
    server = parts.RedisServer(parts.redis_binary(), log=tmp_path / "redis.log")
    yield server
    server.end()


@pytest.fixture
def balancer(tmp_path: Path) -> Iterator[Callable[..., Balancer]]:
    """Puts an nginx with deploy/nginx.conf before servers: `balancer(*deployment.servers)`."""
    nginx = parts.nginx_binary()
    if nginx is None:
        pytest.skip("nginx is not there, and only apt-get as root could install it")
    made: list[Balancer] = []

    def make(*servers: Any) -> Balancer:
        made.append(Balancer(nginx.where, [server.port for server in servers], folder=tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A real Chromium, as long as the test.

    Playwright runs an event loop in this thread for as long as it lives: a test with a browser
    uses neither the ORM nor async. Below `tests/browser` none does, and all share one.
    """
    with chromium() as browser:
        yield browser


def _deployment(
    around: Surroundings, migrated: MigratedDatabase, folder: Path, own: dict[str, str]
) -> Deployment:
    environment = around.settings(database_url="")
    url = migrated.copy(environment)
    made = Deployment(
        environment={**environment, "DATABASE_URL": url, **own},
        databases=around.databases,
        folder=folder,
    )
    DEPLOYMENTS.append(made)
    return made


def _end(deployment: Deployment) -> None:
    DEPLOYMENTS.remove(deployment)
    deployment.end()
