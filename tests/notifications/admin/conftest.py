from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User

Staff = Callable[..., Client]


@pytest.fixture
def desk(transactional_db: None) -> Client:
    """The admin, with somebody at it who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def staff(transactional_db: None) -> Staff:
    """`staff("view_notification")`: somebody at the admin who may do these things and no others."""

    def make(*permissions: str) -> Client:
        user = User.objects.create_user(f"staff-{'-'.join(permissions)}", is_staff=True)
        granted = list(Permission.objects.filter(codename__in=permissions))
        assert len(granted) == len(permissions)
        user.user_permissions.set(granted)
        client = Client()
        client.force_login(user)
        return client

    return make
