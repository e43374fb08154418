import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from accounts.models import User
from chat.rooms import services
from chat.rooms.models import Kind
from realtime import delivery, log
from realtime.models import Epoch
from tests.chat.rooms.people import Nobody, Person


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.chat.rooms.urls"
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
    return Person(User.objects.create_user("alice", first_name="Alice", last_name="A."))


@pytest.fixture
def bob(db: None) -> Person:
    return Person(User.objects.create_user("bob"))


@pytest.fixture
def carol(db: None) -> Person:
    return Person(User.objects.create_user("carol"))


@pytest.fixture
def closed(alice: Person, bob: Person) -> int:
    """A group by invitation: alice's, with bob in it."""
    room = services.create_room(user_id=alice.id, name="Closed", kind=Kind.GROUP)
    services.add_member(user_id=alice.id, room_id=room.pk, member_id=bob.id)
    return room.pk


@pytest.fixture
def opened(alice: Person) -> int:
    """An open group of alice's, in which nobody else is yet."""
    return services.create_room(user_id=alice.id, name="Open", kind=Kind.GROUP, is_open=True).pk


@pytest.fixture
def direct(alice: Person, bob: Person) -> int:
    """The room of alice and bob."""
    return services.get_or_create_direct(user_id=alice.id, other_id=bob.id).room.pk


@pytest.fixture
def at_once(transactional_db: None) -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Do pieces of work in threads that start together; the results in their order."""

    def run(pieces: list[Callable[[], Any]]) -> list[Any]:
        start = threading.Barrier(len(pieces))
        results: list[Any] = [None] * len(pieces)
        errors: list[Exception] = []

        def one(place: int) -> None:
            start.wait()
            try:
                results[place] = pieces[place]()
            except Exception as error:
                errors.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=[place]) for place in range(len(pieces))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return results

    return run
