"""The people of a deployment: who is attacked, who attacks with an account, who stands by."""

from collections.abc import Callable

from tests.hostile.api_user import PASSWORD, ApiUser, Bystander
from tests.hostile.instances import Target

# More than all tests together take.
PEOPLE = 400
OFFICE = 200
# As many as one stream may carry.
ROOMS = 50
_MAKE_PEOPLE = """
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from accounts.models import User
from django.utils import timezone
from notifications.models import Batch, Notification
password = make_password({password!r})
User.objects.bulk_create([User(username=name, password=password) for name in {names!r}])
now = timezone.now()
batch = Batch.objects.create(sender="service:orders", created_at=now, count=100)
collector = User.objects.get(username={collector!r})
Notification.objects.bulk_create(
    Notification(
        user=collector, batch=batch, type="SYSTEM", title="긴", message="긴" * 2_000,
        created_at=now, data_json='{{"text": "' + "x" * 4_000 + '"}}',
    )
    for _ in range(100)
)
from chat.rooms.models import Membership, Room
rooms = Room.objects.bulk_create(
    Room(name="Tea", kind="group", created_at=now, created_by=collector) for _ in range({rooms})
)
Membership.objects.bulk_create(
    Membership(room=room, user=collector, role="owner", joined_at=now) for room in rooms
)
print(*[room.pk for room in rooms])
call_command("create_service_key", "orders")
call_command("issue_token", *{names!r}, "--minutes", "60")
"""


class HostileUsers:
    """`key` is the service's, with all scopes. The collector has an inbox of a megabyte, and is in
    all of `rooms`."""

    def __init__(self, key: str, people: list[ApiUser], rooms: list[int]) -> None:
        self.key = key
        self.collector = people[0]
        self.rooms = rooms
        self._office = people[1 : OFFICE + 1]
        self._waiting = people[OFFICE + 1 :]

    def person(self) -> ApiUser:
        """Somebody whom no test has had yet."""
        return self._waiting.pop()

    def office(self, size: int) -> list[ApiUser]:
        """Colleagues; they come every morning, the same ones."""
        return self._office[:size]

    def bystander(self, target: Target) -> Bystander:
        """Somebody who uses `target`."""
        return self.bystander_of(self.person(), target)

    def bystander_of(self, person: ApiUser, target: Target) -> Bystander:
        return Bystander(person, self.key, target)


def make_crowd(manage: Callable[..., str]) -> HostileUsers:
    """Make them by `manage("shell", …)` of the deployment, all in one process."""
    names = [f"person-{number}" for number in range(PEOPLE)]
    code = _MAKE_PEOPLE.format(names=names, password=PASSWORD, collector=names[0], rooms=ROOMS)
    printed = manage("shell", "--no-imports", "--verbosity=0", "-c", code).split()
    rooms, key, tokens = printed[:ROOMS], printed[ROOMS], printed[ROOMS + 1 :]
    people = [ApiUser(name, token) for name, token in zip(names, tokens, strict=True)]
    return HostileUsers(key, people, [int(room) for room in rooms])
