"""Every event once and in order: under many writers, and over connections that break."""

import asyncio
import contextlib
import random
from collections import Counter

from websockets.exceptions import ConnectionClosed

from tests.e2e import database
from tests.e2e.conftest import Connects
from tests.e2e.services import Service
from tests.e2e.users import UserPool
from tests.support.json_client import (
    NOTIFICATIONS,
    PLAIN,
    JsonClient,
    connect,
)
from tests.support.servers import Deployment

WRITERS, EACH = 20, 50
CUTS_AT_LEAST = 15


async def test_of_twenty_writers_at_once_a_connected_client_sees_every_event_once_and_in_order(
    deployment: Deployment, cast: UserPool, connects: Connects
) -> None:
    person = cast.person()
    alice = await (await connects(deployment.ws_url, person.token)).is_greeted()

    async with cast.orders() as orders:
        await asyncio.gather(*(_writes(orders, number, person.name) for number in range(WRITERS)))
    await alice.receives_offset(WRITERS * EACH)

    everything = list(range(1, WRITERS * EACH + 1))
    assert alice.offsets() == everything
    assert database.offsets(deployment.database_url, alice.topic) == everything
    # Each writer's own are in the order in which it wrote them.
    texts = [event["data"]["message"] for event in alice.events()]
    for number in range(WRITERS):
        own = [text for text in texts if text.startswith(f"{number}:")]
        assert own == [f"{number}:{turn}" for turn in range(EACH)]


async def test_a_client_cut_at_random_moments_and_resumed_hears_every_event_once(
    deployment: Deployment, cast: UserPool
) -> None:
    ws_url = deployment.ws_url
    bob, carol, dave = cast.people(3)
    readers = [
        await CutReader(ws_url, bob.token, chance=random.Random(1)).begins(),
        await CutReader(ws_url, carol.token, chance=random.Random(2)).begins(),
        await CutReader(ws_url, dave.token, chance=random.Random(3), path=PLAIN).begins(),
    ]

    total = 4 * EACH
    async with cast.orders() as orders:
        await asyncio.gather(
            *(_writes(orders, number, bob.name, carol.name, dave.name) for number in range(4)),
            *(reader.reads_up_to(total) for reader in readers),
        )

    for reader in readers:
        assert reader.received == list(range(1, total + 1)), Counter(reader.received).most_common(3)
        assert reader.cuts >= CUTS_AT_LEAST


async def test_the_positions_of_a_pong_are_those_of_the_frames_before_it(
    deployment: Deployment, cast: UserPool, connects: Connects
) -> None:
    person = cast.person()
    erin = await (await connects(deployment.ws_url, person.token)).is_greeted()

    async with cast.orders() as orders:
        writing = asyncio.create_task(_writes(orders, 0, person.name))
        for _ in range(20):
            pong = await erin.asks("ping")
            before = erin.frames[: erin.frames.index(pong)]
            offsets = [frame["offset"] for frame in before if frame["type"] == "notification"]
            assert pong["positions"][erin.topic]["offset"] == (offsets or [0])[-1]
            assert pong["positions"]["broadcast"]["offset"] == 0
        await writing


class CutReader:
    """Reads a few frames, loses its connection, resumes, until it has read everything.

    Half of the time it asks for a `pong` before the cut, and resumes with the positions in there.
    """

    def __init__(
        self, ws_url: str, token: str, *, chance: random.Random, path: str = NOTIFICATIONS
    ) -> None:
        self.received: list[int] = []
        self.cuts = 0
        self._ws_url = ws_url
        self._token = token
        self._chance = chance
        self._path = path
        self._last: JsonClient

    async def begins(self) -> "CutReader":
        async with await connect(self._ws_url, self._token) as client:
            await client.is_greeted()
        self._last = client
        return self

    async def reads_up_to(self, offset: int) -> None:
        while self._last.positions[self._topic][1] < offset:
            await self._reads_until_cut(offset)

    async def _reads_until_cut(self, offset: int) -> None:
        async with await self._resumes() as client:
            frames = self._chance.randint(0, 12)
            if frames and not await self._is_let_in(client):
                return
            await client.until(
                lambda: len(client.frames) >= frames or client.positions[self._topic][1] >= offset
            )
            if frames and self._chance.random() < 0.5:
                await client.asks("ping")
            client.cut()
        self.cuts += 1
        self.received += client.offsets(self._topic)
        self._last = client

    async def _is_let_in(self, client: JsonClient) -> bool:
        """Not while five that were cut are still to be noticed: then it tries again."""
        await client.until(lambda: client.frames)
        first = client.frames[0]
        assert first["type"] == "connected" or first["code"] == "TOO_MANY_CONNECTIONS", first
        return bool(first["type"] == "connected")

    async def _resumes(self) -> JsonClient:
        old = self._last
        if self._path == NOTIFICATIONS:
            return await connect(
                self._ws_url, self._token, since=old.since, positions=old.positions
            )
        client = await connect(
            self._ws_url,
            self._token,
            path=self._path,
            subprotocol="bellwire.json",
            positions=old.positions,
        )
        epoch, at = old.positions[self._topic]
        with contextlib.suppress(ConnectionClosed):  # refused meanwhile: `_is_let_in` sees why
            await client.sends_command("subscribe", topic=self._topic, epoch=epoch, offset=at)
        return client

    @property
    def _topic(self) -> str:
        return next(topic for topic in self._last.positions if topic != "broadcast")


async def _writes(orders: Service, number: int, *usernames: str) -> None:
    for turn in range(EACH):
        await orders.sends(f"{number}:{turn}", *usernames)
