"""One user's long polls and streams by the hundred."""

import pytest

from tests.hostile.attackers import Attack
from tests.hostile.behaviours import waiting
from tests.hostile.instances import Target
from tests.hostile.refusals import is_explained
from tests.hostile.users import HostileUsers

pytestmark = pytest.mark.full_only

CONNECTIONS = 150
# What one user may have open of each: the settings' defaults.
POLLS = 10
STREAMS = 5


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/long-polling/notifications", POLLS),
        ("/long-polling?topic={rooms}", POLLS),
        ("/sse/notifications", STREAMS),
        ("/sse?topic={rooms}", STREAMS),
    ],
    ids=["polls", "polls of 50 rooms", "streams", "streams of 50 rooms"],
)
async def test_a_storm_of_one_user_is_refused_beyond_their_share(
    patient: Target, users: HostileUsers, path: str, allowed: int
) -> None:
    before = patient.connections()
    rooms = ",".join(f"rooms/{room}" for room in users.rooms)
    behaviour = waiting(path.format(rooms=rooms), users.collector.token)

    async with Attack(patient, behaviour, connections=CONNECTIONS) as attack:
        answers = await attack.is_answered(
            lambda answers: [one.status for one in answers].count(429) == CONNECTIONS - allowed
        )
        await users.bystander(patient).does_everything()

    refused = [one for one in answers if one.status == 429]
    assert all(is_explained(one.status, one.headers, one.body) for one in refused)
    await patient.is_normal(connections=before)
