"""Another site's page, in whose requests a visitor's browser puts their cookie but no Origin."""

import httpx
import pytest

from benchmarks.websocket_frames import upgrade
from tests.hostile import traffic
from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.instances import Target
from tests.hostile.users import HostileUsers
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.full_only

# As an image tag sends it.
IMAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
PATHS = [
    "/api/v1/notifications",
    "/api/v1/rooms/{room}",
    "/api/v1/rooms/999999999",
    "/api/v1/auth/me",
    "/sse/notifications",
    "/sse?topic=rooms/{room}",
    "/sse?topic=rooms/999999999",
    "/long-polling/notifications?timeout=0",
    "/long-polling?timeout=0&topic=rooms/{room}",
    "/api/v1/chat/conversations",
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_request_from_another_site_gets_no_answer_by_the_cookie(
    patient: Target, users: HostileUsers, path: str
) -> None:
    path = path.format(room=users.rooms[0])
    cookie = {"Cookie": f"access_token={users.collector.token}"}

    async with httpx.AsyncClient(base_url=patient.url, timeout=PATIENCE_S) as http:
        async with http.stream("GET", path, headers={**cookie, **IMAGE}) as foreign:
            status = foreign.status_code
        async with http.stream(
            "GET", path, headers={**cookie, "Sec-Fetch-Site": "same-origin"}
        ) as own:
            assert own.status_code != status

    # The same for a room that they are in and one that does not exist.
    assert status == 403


async def test_a_handshake_from_another_site_gets_no_socket_by_the_cookie(
    patient: Target, users: HostileUsers
) -> None:
    headers = {"Cookie": f"access_token={users.collector.token}", **IMAGE}
    handshake = Behaviour("handshake", upgrade("/api/v1/notifications/ws", headers))

    async with Attack(patient, handshake, connections=1) as attack:
        await attack.is_received(b"FORBIDDEN")


async def test_foreign_image_tags_take_none_of_a_visitors_connections(
    patient: Target, users: HostileUsers
) -> None:
    person = users.person()
    headers = {"Cookie": f"access_token={person.token}", **IMAGE}
    stream = Behaviour("image tags", traffic.request("GET", "/sse/notifications", headers))

    async with Attack(patient, stream, connections=5) as attack:
        await attack.is_answered(lambda answers: len(answers) == 5)
        await users.bystander_of(person, patient).does_everything()
