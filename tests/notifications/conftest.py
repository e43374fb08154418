from collections.abc import Iterator

import pytest
from pytest_django import Settings

from accounts.credentials.service_keys import create_service_key
from accounts.models import User
from realtime.fanout import delivery
from tests.notifications.people import ApiUser, Service
from tests.support import threads
from tests.support.events import Nobody
from tests.support.threads import Run


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings, epoch: None) -> Iterator[None]:
    # Hashing slowly on purpose is Django's; here it would only be waited for.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver"]
    # Commits are looked at in the log; there are no other processes to wake up.
    delivery.deliver_to(Nobody())
    yield
    delivery.deliver_to(None)


@pytest.fixture
def alice(db: None) -> ApiUser:
    return ApiUser(User.objects.create_user("alice"))


@pytest.fixture
def bob(db: None) -> ApiUser:
    return ApiUser(User.objects.create_user("bob"))


@pytest.fixture
def carol(db: None) -> ApiUser:
    return ApiUser(User.objects.create_user("carol"))


@pytest.fixture
def orders(db: None) -> Service:
    """An internal service that may send."""
    return Service(create_service_key(name="orders", scopes=["notifications:send"])[1])


@pytest.fixture
def at_once(transactional_db: None) -> Run:
    """Do pieces of work in threads that start together; an exception is a result too."""
    return threads.at_once
