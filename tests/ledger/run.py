"""One scenario: traffic, a fault in the middle, and the count at the end."""

import asyncio
import itertools
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import jwt

from tests.chat.assistant.sse import Received, asker
from tests.contract.lines import Transport, messages_of, notifications_of
from tests.contract.transports import TRANSPORTS
from tests.e2e.people import People
from tests.e2e.users import ApiUser
from tests.ledger.faults import CALM_S, Scenario
from tests.ledger.readers import BACK_OFF_S, BROKEN, Reader
from tests.ledger.senders import Sender
from tests.ledger.stage import Stage
from tests.ledger.tally import Tally, deliveries

# Makes slow readers fall behind; below the longest message.
PADDING = "x" * 600


@dataclass(frozen=True, slots=True)
class Load:
    """How many users and over which transports, and how the traffic flows."""

    users: int
    transports: Sequence[Transport]
    every_s: float
    # So many events of each sender at least, however soon the fault is over.
    least: int
    # After so long without anything new, what is missing is lost.
    patience_s: float = 30.0


# All scenarios together: more than 100,000 deliveries.
LONG = Load(users=10, transports=TRANSPORTS, every_s=0.1, least=25)
SHORT = Load(users=2, transports=TRANSPORTS, every_s=0.1, least=5)


async def run(stage: Stage, scenario: Scenario, load: Load) -> Tally:
    """Run a scenario. Returns what its readers received, compared with the log."""
    # Connections that are cut leave readers behind whose end nobody awaits.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    people = stage.users.people(load.users)
    room = await _room(stage, people)
    count = len(load.transports)
    readers: list[Reader] = []
    for number, person in enumerate([*people, *people[:1]]):
        of_room = number == len(people)
        for shift in range(count):
            owner = people[shift % len(people)] if of_room else person
            wanted = messages_of(room) if of_room else notifications_of(user_id(owner))
            turned = [*load.transports[shift:], *load.transports[:shift]]
            readers.append(Reader(stage.url, owner.token, wanted, turned, scenario.habits))
    try:
        await asyncio.gather(*(reader.begin() for reader in readers))
        answers = [asyncio.create_task(follow_answer(stage, person)) for person in people[:2]]
        answered = await _traffic(stage, scenario, load, people, room)
        tally = await _settled(stage, readers, answered, load.patience_s)
        return sum(await asyncio.gather(*answers), tally)
    finally:
        await asyncio.gather(*(reader.end() for reader in readers))


async def _traffic(
    stage: Stage, scenario: Scenario, load: Load, people: Sequence[ApiUser], room: int
) -> dict[str, float]:
    """Send until the fault is over. Returns when each text was acknowledged."""
    names = [person.name for person in people]
    is_over = asyncio.Event()
    prefix = uuid.uuid4().hex[:8]

    async def flow(sender: Sender, lane: str) -> None:
        for number in itertools.count():
            text = f"{prefix}-{lane}-{number}"
            if lane == "room":
                await sender.post_message(text, room)
            else:
                await sender.notify(text, PADDING, names)
            if is_over.is_set() and number + 1 >= load.least:
                return
            await asyncio.sleep(load.every_s)

    async with (
        Sender(stage.url, f"Api-Key {stage.users.key}") as service,
        Sender(stage.url, f"Bearer {people[0].token}") as talker,
    ):
        lanes = [
            asyncio.create_task(flow(*each))
            for each in ((service, "a"), (service, "b"), (talker, "room"))
        ]
        await asyncio.sleep(CALM_S)
        await scenario.fault(stage)
        await asyncio.sleep(CALM_S)
        is_over.set()
        await asyncio.gather(*lanes)
        return service.answered | talker.answered


async def _settled(
    stage: Stage, readers: Sequence[Reader], answered: dict[str, float], patience_s: float
) -> Tally:
    """Wait until everybody has everything, or nothing new comes any more."""
    log = await asyncio.to_thread(stage.log)
    topics = {reader.subscription.topics[0] for reader in readers}
    committed = {topic: log.get(topic, []) for topic in topics}
    # What was acknowledged and is in no log is lost as well.
    logged = {text for texts in committed.values() for text in texts}
    missing = [text for text in answered if text not in logged]

    def count() -> Tally:
        return sum(
            (
                deliveries(committed[reader.subscription.topics[0]], reader.received, answered)
                for reader in readers
            ),
            Tally(committed=len(logged), lost=len(missing)),
        )

    news, at = -1, time.monotonic()
    while (tally := count()).lost and time.monotonic() - at < patience_s:
        if tally.delivered != news:
            news, at = tally.delivered, time.monotonic()
        await asyncio.sleep(0.1)
    return tally


async def follow_answer(stage: Stage, person: ApiUser) -> Tally:
    """Ask the assistant and listen to the end, over however many connections."""
    received = Received()
    while not received.ended:
        async with asker(stage.url(), person.token) as client:
            with suppress(*BROKEN):
                events = (
                    client.resumes(received)
                    if received.events
                    else client.stream(received, message="?")
                )
                async for _ in events:
                    pass
        await asyncio.sleep(BACK_OFF_S[0])
    stored = await _stored(stage, person, received)
    # The words are all different.
    words = stored.split()
    tally = deliveries(words, [(word, 0.0) for word in received.text.split()], {})
    return Tally(committed=len(words)) + tally


async def _stored(stage: Stage, person: ApiUser, received: Received) -> str:
    while True:
        async with asker(stage.url(), person.token) as client:
            with suppress(*BROKEN):
                found = await client.message(received.conversation_id, received.message_id)
                return str(found["content"])
        await asyncio.sleep(BACK_OFF_S[1])


async def _room(stage: Stage, people: Sequence[ApiUser]) -> int:
    rest = People()
    try:
        return await rest.room(stage.servers[0], people[0], *people[1:])
    finally:
        await rest.close()


def user_id(person: ApiUser) -> int:
    claims = jwt.decode(person.token, options={"verify_signature": False})
    return int(claims["sub"])
