"""Every refusal that passes with time has a code of the catalogue and says when to come again."""

import json

import httpx
import pytest

from tests.hostile import traffic
from tests.hostile.attackers import Attack, Behaviour
from tests.hostile.conftest import target_of
from tests.hostile.guessing import guess, visitor
from tests.hostile.instances import Target
from tests.hostile.refusals import is_explained
from tests.hostile.users import HostileUsers
from tests.support.servers import Deployment

pytestmark = pytest.mark.full_only

CONNECTIONS = 8
BUDGETS = {
    "rooms.create": ("POST", "/api/v1/rooms", {"name": "Tea", "kind": "group"}),
    "messages.send": ("POST", "/api/v1/rooms/{room}/messages", {"content": "tea"}),
    "people.lookup": ("GET", "/api/v1/users?q=person", None),
    "assistant.ask": ("POST", "/api/v1/chat/message", {"message": "Where is my tea?"}),
}


@pytest.fixture(scope="module")
def strict(production: Deployment) -> Target:
    """An instance where everything may be done once, and that takes few connections."""
    return target_of(
        production.add(
            BELLWIRE_BUDGETS=json.dumps(dict.fromkeys(BUDGETS, "1/1h")),
            BELLWIRE_LOGIN_FAILURES=1,
            BELLWIRE_MAX_CONNECTIONS_PER_USER=1,
            BELLWIRE_CONNECTIONS_PER_ADDRESS=CONNECTIONS,
            BELLWIRE_EMBEDDED_CHARS_PER_S=100_000,
        )
    )


@pytest.mark.parametrize("budget", BUDGETS)
async def test_an_empty_budget_says_when_it_is_filled(
    strict: Target, users: HostileUsers, budget: str
) -> None:
    method, path, body = BUDGETS[budget]
    path = path.format(room=users.rooms[0])
    async with visitor(strict, "127.0.79.1") as http:
        answers = [
            await http.request(
                method, path, json=body, headers=traffic.bearer(users.collector.token)
            )
            for _ in range(2)
        ]

    assert answers[0].is_success, answers[0].text
    assert _is_explained(answers[1])


async def test_a_guess_too_many_says_when_the_next_may_be_made(
    strict: Target, users: HostileUsers
) -> None:
    async with visitor(strict, "127.0.79.2") as http:
        name = users.person().name
        answers = [await guess(http, name) for _ in range(2)]

    assert answers[0].status_code == 401
    assert _is_explained(answers[1])


async def test_a_stream_too_many_says_when_to_come_again(
    strict: Target, users: HostileUsers
) -> None:
    sign_in = traffic.bearer(users.person().token)
    async with (
        visitor(strict, "127.0.79.3") as http,
        http.stream("GET", "/sse/notifications", headers=sign_in) as first,
    ):
        assert first.status_code == 200
        second = await http.get("/sse/notifications", headers=sign_in)

    assert _is_explained(second)


async def test_a_connection_too_many_says_when_to_come_again(strict: Target) -> None:
    silent = Behaviour("idle", traffic.half_head())
    address = "127.0.79.4"

    async with (
        Attack(strict, silent, connections=CONNECTIONS, addresses=(address,)),
        visitor(strict, address) as http,
    ):
        refused = await http.get("/healthz")

    assert _is_explained(refused)


def _is_explained(answer: httpx.Response) -> bool:
    return is_explained(answer.status_code, answer.headers, answer.content)
