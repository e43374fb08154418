"""A user's script that does what people do, without a pause."""

import httpx
import pytest

from tests.hostile.api_user import ApiUser
from tests.hostile.instances import Target
from tests.hostile.refusals import is_explained
from tests.hostile.traffic import bearer
from tests.hostile.users import HostileUsers
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.full_only

# More than any budget lets through, however slow the machine is.
TIMES = 400
ACTIONS = {
    "rooms": ("POST", "/api/v1/rooms", {"name": "Tea", "kind": "group"}),
    "questions": ("POST", "/api/v1/chat/message", {"message": "Where is my tea?"}),
    "people search": ("GET", "/api/v1/users?q=person", None),
}


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_script_is_refused_beyond_its_users_budget(
    patient: Target, users: HostileUsers, action: str
) -> None:
    method, path, body = ACTIONS[action]
    refused = await _repeat(patient, users.person(), method, path, body)

    assert is_explained(refused.status_code, refused.headers, refused.text)
    await users.bystander(patient).does_everything()


async def test_messages_are_counted_over_rest(patient: Target, users: HostileUsers) -> None:
    path = f"/api/v1/rooms/{users.rooms[0]}/messages"
    refused = await _repeat(patient, users.collector, "POST", path, {"content": "tea"})

    assert is_explained(refused.status_code, refused.headers, refused.text)
    await users.bystander(patient).does_everything()


async def _repeat(
    target: Target, person: ApiUser, method: str, path: str, body: object
) -> httpx.Response:
    """Until it is refused. Raises `AssertionError` if it never is."""
    async with httpx.AsyncClient(
        base_url=target.url, timeout=PATIENCE_S, headers=bearer(person.token)
    ) as http:
        for _ in range(TIMES):
            answer = await http.request(method, path, json=body)
            if answer.status_code == 429:
                return answer
            assert answer.is_success, (answer.status_code, answer.text)
    raise AssertionError(f"{TIMES} times {path}, and never refused")
