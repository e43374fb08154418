"""One of two Redis servers frozen or ended: the other's events, counts and evictions go on.

The instances compare with the log so seldom that a test never sees it: what one of them hears of
the other's has come over Redis.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import jwt
import pytest

from realtime.cluster.leases import connections_key
from realtime.cluster.shards import shard_of
from tests.conftest import DEPLOYMENTS
from tests.e2e.conftest import Connects, Follows
from tests.e2e.database import offsets
from tests.e2e.deadlines import eventually
from tests.e2e.services import logout
from tests.e2e.users import ApiUser, UserPool, create_users
from tests.support import parts
from tests.support.databases import MigratedDatabase
from tests.support.followers import Follower
from tests.support.json_client import JsonClient, connect
from tests.support.kinds import Surroundings
from tests.support.parts import RedisServer
from tests.support.servers import Deployment

pytestmark = pytest.mark.full_only

PEOPLE = 60
NEVER_S = 3_600
EVENTS = 5


@dataclass(frozen=True, slots=True)
class Installation:
    """Two instances on two Redis servers."""

    shards: list[RedisServer]
    deployment: Deployment
    cast: UserPool

    @property
    def prefix(self) -> str:
        return self.deployment.environment["BELLWIRE_REDIS_PREFIX"]

    def whose(self, shard: int, key: Callable[[str], str]) -> ApiUser:
        """Somebody whose `key` (of the user's id) is on the shard."""
        while True:
            person = self.cast.person()
            if shard_of(key(user_id_of(person)), len(self.shards)) == shard:
                return person

    def hints_key(self, user_id: str) -> str:
        return f"{self.prefix}__group__topic.users.{user_id}"

    def leases_key(self, user_id: str) -> str:
        return connections_key(self.prefix, int(user_id))


@pytest.fixture(scope="module")
def installation(
    around: Surroundings, migrated: MigratedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("redis-shards")
    binary = parts.redis_binary()
    shards = [RedisServer(binary, log=folder / f"redis-{number}.log") for number in range(2)]
    environment = around.settings(database_url="")
    made = Deployment(
        environment={
            **environment,
            "DATABASE_URL": migrated.copy(environment),
            "REDIS_URL": ",".join(shard.url for shard in shards),
            "BELLWIRE_RECONCILE_S": str(NEVER_S),
            "BELLWIRE_REVOKE_S": str(NEVER_S),
        },
        databases=around.databases,
        folder=folder,
    )
    DEPLOYMENTS.append(made)
    try:
        made.add_many(2)
        yield Installation(shards, made, create_users(made, people=PEOPLE))
    finally:
        DEPLOYMENTS.remove(made)
        made.end()
        for shard in shards:
            shard.end()


def user_id_of(person: ApiUser) -> str:
    claims = jwt.decode(person.token, options={"verify_signature": False})
    return str(claims["sub"])


async def states(url: str) -> tuple[str, list[str], list[str]]:
    """What an instance says of Redis: as a whole, of each shard, and of each in its metrics."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        ready, figures = await http.get("/readyz"), await http.get("/metrics")
    assert ready.status_code == 200
    up = [line for line in figures.text.splitlines() if line.startswith("bellwire_redis_up{")]
    body = ready.json()
    return body["redis"], list(body["redis_shards"].values()), [line[-3:] for line in sorted(up)]


@pytest.mark.parametrize("ill", [0, 1])
@pytest.mark.parametrize("how", ["frozen", "stopped"])
async def test_what_goes_over_the_other_shard_is_not_held_up_and_nothing_is_lost(
    installation: Installation, follows: Follows, connects: Connects, how: str, ill: int
) -> None:
    it, well = installation, 1 - ill
    first, second = it.deployment.servers
    shard = it.shards[ill]
    theirs, others = it.whose(ill, it.hints_key), it.whose(well, it.hints_key)
    counted, leaving = it.whose(well, it.leases_key), it.cast.person()
    at_ill = await follows([second.ws_url], theirs.token)
    at_well = await follows([second.ws_url], others.token)
    staying = await (await connects(second.ws_url, leaving.token)).is_greeted()

    async with it.cast.orders() as orders:

        async def sends(person: ApiUser) -> None:
            await orders.sends("over Redis", person.name, url=first.url)

        async def receives_all(follower: Follower, person: ApiUser) -> list[int]:
            everything = offsets(it.deployment.database_url, f"users/{user_id_of(person)}")
            await follower.receives_offset(everything[-1])
            return everything

        # Until the second instance has subscribed, hints are lost: then the next one brings all.
        await has_come(at_ill, lambda: sends(theirs))
        await has_come(at_well, lambda: sends(others))
        await receives_all(at_well, others)

        await asyncio.to_thread(shard.freeze if how == "frozen" else shard.stop)
        try:
            for _ in range(EVENTS):
                await sends(theirs)
                await sends(others)
                await receives_all(at_well, others)
            for server in it.deployment.servers:

                async def is_seen(url: str = server.url) -> bool:
                    whole, each, up = await states(url)
                    seen = each[ill], each[well], up[ill], up[well]
                    return whole == "degraded" and seen == ("degraded", "ok", "0.0", "1.0")

                await eventually(is_seen, what="the instance says which shard is ill")
            for _ in range(EVENTS):
                await sends(theirs)
                await sends(others)
                await receives_all(at_well, others)
                # Theirs go to every instance, by the other shard.
                await receives_all(at_ill, theirs)
            # Evictions concern everybody, and take the way that is open.
            await logout(first.url, leaving.token)
            assert await staying.is_closed() == (1008, "Signed out")
            # Both instances still count together whom the other shard has.
            await six_connections_are_one_too_many(connects, it.deployment, counted)
        finally:
            await asyncio.to_thread(shard.thaw if how == "frozen" else shard.start)

        for server in it.deployment.servers:

            async def is_back(url: str = server.url) -> bool:
                return await states(url) == ("ok", ["ok", "ok"], ["1.0", "1.0"])

            await eventually(is_back, what="the instance says that both are back")
        await has_come(at_ill, lambda: sends(theirs))
    for follower, person in ((at_ill, theirs), (at_well, others)):
        everything = await receives_all(follower, person)
        assert follower.offsets == everything
        assert len(everything) > 2 * EVENTS
    assert at_ill.closes == at_well.closes == []
    assert "Traceback" not in it.deployment.logs()


async def has_come(follower: Follower, send: Callable[[], Awaitable[None]]) -> None:
    """Send until a hint comes through, and once more."""
    before = len(follower.received)

    async def has_received() -> bool:
        await send()
        return len(follower.received) > before

    await eventually(has_received, what="an event over Redis")
    await send()


async def six_connections_are_one_too_many(
    connects: Connects, deployment: Deployment, person: ApiUser
) -> None:
    urls = [server.ws_url for server in deployment.servers]
    for number in range(5):
        await (await connects(urls[number % 2], person.token)).is_greeted()
    for url in urls:
        refused: JsonClient = await connect(url, person.token)
        assert await refused.is_closed() == (1008, "Too many connections")
