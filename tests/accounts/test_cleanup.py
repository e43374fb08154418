from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.cleanup import delete_expired
from accounts.credentials.tickets import issue_ticket
from accounts.models import Login, LoginAttempt, Rotation, Ticket, User
from realtime.registries import periodic_tasks
from tests.accounts.people import REFRESH, sign_in

pytestmark = pytest.mark.django_db
EVERYTHING = (Ticket, LoginAttempt, Rotation, OutstandingToken, BlacklistedToken, Login)


@pytest.fixture
def one_of_each(client: APIClient, alice: User) -> None:
    token = sign_in(client)["refresh"]
    APIClient().post(REFRESH, {"refresh": token})
    issue_ticket(user=alice, login=Login.objects.get(), token_expires_at=timezone.now())
    LoginAttempt.objects.create(key="k", at=timezone.now())


def test_what_still_counts_stays(one_of_each: None) -> None:
    before = [model.objects.count() for model in EVERYTHING]
    assert delete_expired() == 0
    assert [model.objects.count() for model in EVERYTHING] == before


def test_what_has_expired_goes(one_of_each: None) -> None:
    long = timedelta(days=16)
    Ticket.objects.update(expires_at=F("expires_at") - long)
    LoginAttempt.objects.update(at=F("at") - long)
    Rotation.objects.update(successor_expires_at=F("successor_expires_at") - long)
    OutstandingToken.objects.update(expires_at=F("expires_at") - long)
    Login.objects.update(expires_at=F("expires_at") - long)
    assert delete_expired() == 6
    assert [model.objects.count() for model in EVERYTHING] == [0] * 6
    assert User.objects.count() == 1


def test_the_instances_do_it_by_themselves() -> None:
    assert delete_expired in [task.work for task in periodic_tasks.registered()]
