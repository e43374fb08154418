"""The same key at the same moment on two instances: sent once, and both are told the same."""

import asyncio
import uuid

import httpx

from tests.e2e.services import SEND
from tests.e2e.users import UserPool
from tests.support.json_client import connect
from tests.support.servers import Deployment

ROUNDS, AT_ONCE = 5, 6


async def test_the_same_key_at_once_on_two_instances_sends_once(
    deployment: Deployment, cast: UserPool
) -> None:
    alice = cast.person()
    headers = {"Authorization": f"Api-Key {cast.key}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as http,
        await connect(deployment.ws_url, alice.token) as client,
    ):
        await client.is_greeted()
        for number in range(1, ROUNDS + 1):
            body = {"usernames": [alice.name], "type": "ORDER_CREATED", "message": str(number)}
            key = {"Idempotency-Key": uuid.uuid4().hex}
            answers = await asyncio.gather(
                *(
                    http.post(cast.urls[place % len(cast.urls)] + SEND, json=body, headers=key)
                    for place in range(AT_ONCE)
                )
            )
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.content for answer in answers}) == 1
        await client.receives("notification", ROUNDS)
        # One offset for each round: there is no second notification between.
        assert client.offsets() == list(range(1, ROUNDS + 1))
