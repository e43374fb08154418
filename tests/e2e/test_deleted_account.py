"""An administrator deletes an account: whoever shared a room with it sees them go."""

import asyncio

import httpx

from tests.e2e.conftest import Pair
from tests.e2e.people import People, enters
from tests.e2e.test_live_connections import PASSWORD, post
from tests.e2e.users import UserPool
from tests.support.deadlines import PATIENCE_S
from tests.support.json_client import connect
from tests.support.servers import Deployment


async def test_a_member_sees_a_deleted_one_leave_and_their_connections_are_closed(
    deployment: Deployment, pair: Pair, cast: UserPool, people: People
) -> None:
    await asyncio.to_thread(deployment.manage, "demo_users")
    alice, bob = cast.people(2)
    here, there = pair
    room = await people.room(here, bob, alice)
    async with (
        await enters(here, alice, room) as watches,
        await enters(there, bob, room) as goes,
        await connect(here.ws_url, bob.second_token) as elsewhere,
    ):
        await elsewhere.is_greeted()
        arrived = await watches.receives("presence")
        bobs = goes.user_id
        assert arrived["data"] == {"user_id": bobs, "status": "online"}

        async with httpx.AsyncClient(
            base_url=here.url, trust_env=False, timeout=PATIENCE_S
        ) as desk:
            await desk.get("/admin/login/")
            page = f"/admin/accounts/user/{bobs}/delete/"
            await post(desk, "/admin/login/", username="admin", password=PASSWORD, next=page)
            answer = await post(desk, page, post="yes")
            assert answer.status_code == 302

        assert (await watches.receives("member.left"))["data"] == {"user_id": bobs}
        # The room was theirs.
        changed = (await watches.receives("member.changed"))["data"]
        assert (changed["user_id"], changed["role"]) == (watches.user_id, "owner")
        gone = await watches.receives("presence", 2)
        assert gone["data"] == {"user_id": bobs, "status": "offline"}
        assert (await elsewhere.is_closed()) == (1008, "Signed out")
        assert (await goes.is_closed())[0] == 1008
    async with await connect(there.ws_url, bob.token) as again:
        assert (await again.is_closed())[0] == 1008
        assert again.frames[-1]["code"] == "AUTH_ERROR"
