from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, Permission
from pytest_django import Settings

from accounts.models import User
from tests.chat.assistant import library
from tests.chat.assistant.library import DocumentsClient
from tests.chat.assistant.retrieval import extra


@pytest.fixture(autouse=True)
def _surroundings(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "config.urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    # As most deployments are; the tests of the extra stand in ../retrieval.
    with extra.away():
        yield


@pytest.fixture(autouse=True)
def _epoch() -> None:
    """Nothing is published here, and what only reads files needs no database."""


@pytest.fixture
def wiki(db: None) -> DocumentsClient:
    """A service that may add documents."""
    return library.service("wiki")


@pytest.fixture
def people(db: None) -> Group:
    return Group.objects.create(name="people")


@pytest.fixture
def alice(db: None, people: Group) -> User:
    """In the group `people`."""
    user = User.objects.create_user("alice")
    user.groups.add(people)
    return user


@pytest.fixture
def bob(db: None) -> User:
    """In no group."""
    return User.objects.create_user("bob")


@pytest.fixture
def editor(db: None) -> User:
    """With the permissions to add and delete documents."""
    user = User.objects.create_user("editor")
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["add_document", "delete_document"])
    )
    return user
