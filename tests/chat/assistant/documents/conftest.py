import pytest
from django.contrib.auth.models import Group, Permission
from pytest_django import Settings

from accounts.models import User
from tests.chat.assistant import library
from tests.chat.assistant.library import Client


@pytest.fixture(autouse=True)
def _surroundings(request: pytest.FixtureRequest) -> None:
    # Tests of what needs no database do not ask for one.
    if "db" in request.fixturenames:
        settings: Settings = request.getfixturevalue("settings")
        settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def wiki(db: None) -> Client:
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
