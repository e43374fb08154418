import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from accounts.keys import create_service_key
from accounts.models import User
from realtime import delivery, log
from realtime.models import Epoch
from tests.notifications.people import Nobody, Person, Service


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings) -> Iterator[None]:
    # Hashing slowly on purpose is Django's; here it would only be waited for.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver"]
    # Commits are looked at in the log; there are no other processes to wake up.
    delivery.deliver_to(Nobody())
    yield
    delivery.deliver_to(None)


@pytest.fixture(autouse=True)
def _epoch(db: None) -> None:
    """What the migrations put into the database, and a transactional test before has emptied."""
    if not Epoch.objects.exists():
        log.begin_epoch()


@pytest.fixture
def alice(db: None) -> Person:
    return Person(User.objects.create_user("alice"))


@pytest.fixture
def bob(db: None) -> Person:
    return Person(User.objects.create_user("bob"))


@pytest.fixture
def carol(db: None) -> Person:
    return Person(User.objects.create_user("carol"))


@pytest.fixture
def orders(db: None) -> Service:
    """An internal service that may send."""
    return Service(create_service_key(name="orders", scopes=["notifications:send"])[1])


@pytest.fixture
def at_once(transactional_db: None) -> Callable[..., list[Any]]:
    """Do pieces of work in threads that start together; the results in their order.

    An exception is a result too.
    """

    def run(pieces: list[Callable[[], Any]]) -> list[Any]:
        start = threading.Barrier(len(pieces))
        results: list[Any] = [None] * len(pieces)

        def one(place: int) -> None:
            start.wait()
            try:
                results[place] = pieces[place]()
            except Exception as error:
                results[place] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=[place]) for place in range(len(pieces))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return run
