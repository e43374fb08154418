from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from realtime.fanout import delivery
from realtime.protocol.messages import Publication
from realtime.protocol.principal import Eviction
from tests.accounts.people import PASSWORD
from tests.support import threads
from tests.support.receivers import NoStates


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.accounts.urls"
    # Hashing slowly on purpose is Django's; here it would only be waited for.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver", "bell.example"]


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password=PASSWORD, first_name="Alice", last_name="A.")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def client() -> APIClient:
    """A program: it keeps cookies too, and CSRF is checked as in production."""
    return APIClient(enforce_csrf_checks=True)


class Hub(NoStates):
    """Stands where a process's hub takes in what was committed, and remembers who was evicted."""

    def __init__(self) -> None:
        self.evictions: list[Eviction] = []

    def enqueue(self, publications: Sequence[Publication], evictions: Sequence[Eviction]) -> None:
        self.evictions.extend(evictions)


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    delivery.deliver_to(hub)
    yield hub
    delivery.deliver_to(None)


@pytest.fixture
def at_once(transactional_db: None) -> Callable[..., list[Any]]:
    """Do the same thing in several threads that start together; exceptions are results too."""

    def run(work: Callable[[], Any], times: int) -> list[Any]:
        return threads.at_once([work] * times)

    return run
