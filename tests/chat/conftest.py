from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.rooms import services
from chat.rooms.models import Kind
from realtime.fanout import delivery
from tests.chat.rooms.people import ApiUser
from tests.support import threads
from tests.support.events import Nobody
from tests.support.threads import Run


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings, epoch: None) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.chat.rooms.urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    # Commits are looked at in the log; there are no other processes to wake up.
    delivery.deliver_to(Nobody())
    yield
    delivery.deliver_to(None)


@pytest.fixture
def alice(db: None) -> ApiUser:
    return ApiUser(User.objects.create_user("alice", first_name="Alice", last_name="A."))


@pytest.fixture
def bob(db: None) -> ApiUser:
    return ApiUser(User.objects.create_user("bob"))


@pytest.fixture
def carol(db: None) -> ApiUser:
    return ApiUser(User.objects.create_user("carol"))


@pytest.fixture
def closed(alice: ApiUser, bob: ApiUser) -> int:
    """A group by invitation: alice's, with bob in it."""
    room = services.create_room(user_id=alice.id, name="Closed", kind=Kind.GROUP)
    services.add_member(user_id=alice.id, room_id=room.pk, member_id=bob.id)
    return room.pk


@pytest.fixture
def opened(alice: ApiUser) -> int:
    """An open group of alice's, in which nobody else is yet."""
    return services.create_room(user_id=alice.id, name="Open", kind=Kind.GROUP, is_open=True).pk


@pytest.fixture
def direct(alice: ApiUser, bob: ApiUser) -> int:
    """The room of alice and bob."""
    return services.get_or_create_direct(user_id=alice.id, other_id=bob.id).room.pk


@pytest.fixture
def at_once(transactional_db: None) -> Run:
    """Do pieces of work in threads that start together; each of them has to work."""

    def run(pieces: Sequence[Callable[[], Any]]) -> list[Any]:
        results = threads.at_once(pieces)
        for failure in threads.failures(results):
            raise failure
        return results

    return run
