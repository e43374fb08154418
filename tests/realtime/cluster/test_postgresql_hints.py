"""Hints by LISTEN and NOTIFY: cut into parts and joined, received by all, and anew after a cut."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from realtime.cluster import hints, postgresql_hints
from realtime.cluster.postgresql_hints import (
    MESSAGE_PARTS,
    PART_CHARS,
    Assembler,
    PostgreSQLHintReceiver,
    PostgreSQLHintSender,
    parts_of,
    send_now,
)
from realtime.database.executor import in_thread
from realtime.protocol.messages import EphemeralBroadcast, Publication, State, Topic
from realtime.protocol.principal import Eviction
from tests.realtime.actors import Watched
from tests.support.deadlines import PATIENCE_S, cancelled

# --- parts ---------------------------------------------------------------------------------------

MESSAGES = st.builds(
    lambda size, data: {"origin": "x", "data": data + bytes(size)},
    st.integers(0, 3 * PART_CHARS),
    st.binary(max_size=50),
)


@given(st.lists(MESSAGES, max_size=4), st.lists(MESSAGES, max_size=4), st.randoms())
def test_parts_of_two_senders_are_joined(ones: list[Any], others: list[Any], random: Any) -> None:
    queues = [
        [part for message in messages for part in parts_of(sender, message)]
        for sender, messages in (("one", ones), ("other", others))
    ]
    assembler, joined = Assembler(), list[Any]()
    while any(queues):
        queue = random.choice([queue for queue in queues if queue])
        message = assembler.add(queue.pop(0))
        if message is not None:
            joined.append(message)
    assert sorted(map(repr, joined)) == sorted(map(repr, ones + others))


def test_part_fits_into_a_notification() -> None:
    assert all(len(part) < 8_000 for part in parts_of("a" * 8, {"data": bytes(300_000)}))


def test_message_without_its_beginning_is_dropped() -> None:
    assembler = Assembler()
    [_, *rest] = parts_of("one", {"data": bytes(3 * PART_CHARS)})
    assert [assembler.add(part) for part in rest[:-1]] == [None] * (len(rest) - 1)
    with pytest.raises(ValueError):  # noqa: PT011 - what is left is no message
        assembler.add(rest[-1])
    assert assembler.add(*parts_of("one", {"next": 1})) == {"next": 1}


def test_message_that_is_too_long_is_not_sent() -> None:
    assert parts_of("one", {"data": bytes(MESSAGE_PARTS * PART_CHARS)}) == []


# --- two processes -------------------------------------------------------------------------------


def _goes_nowhere(channel: str) -> None:
    """As a notification that the server sends to another connection of a pooler."""


class Instance(Watched):
    """A process: its sender and receiver, and what it has received."""

    def __init__(self, name: str, *, probes: bool = True) -> None:
        super().__init__()
        self.publications: list[Publication] = []
        self.evictions: list[Eviction] = []
        self.states: list[State] = []
        self.relayed: list[tuple[str, Mapping[str, Any]]] = []
        self.missed = 0
        self.sender = PostgreSQLHintSender(origin=name)
        self.receiver = PostgreSQLHintReceiver(
            origin=name,
            dispatch=hints.Dispatcher(
                origin=name,
                accept=self._accept,
                evict=self._evict,
                relayed=self._relayed,
                send_states=self._send_states,
            ),
            missed=self._missed,
            probe=self.sender.probe if probes else _goes_nowhere,
        )
        self.task = asyncio.create_task(postgresql_hints.run_all(self.sender, self.receiver))

    def _accept(self, publications: Iterable[Publication]) -> None:
        self.publications.extend(publications)
        self.changed()

    def _evict(self, eviction: Eviction) -> None:
        self.evictions.append(eviction)
        self.changed()

    def _relayed(self, origin: str, body: Mapping[str, Any]) -> None:
        self.relayed.append((origin, body))
        self.changed()

    def _send_states(self, states: Iterable[State]) -> None:
        self.states.extend(states)
        self.changed()

    def _missed(self) -> None:
        self.missed += 1
        self.changed()

    async def listens(self, times: int = 1) -> None:
        """Wait until it has connected so many times."""
        await self.until(lambda: self.missed >= times)


@pytest.fixture
async def instance(
    transactional_db: None, settings: Settings
) -> AsyncIterator[Callable[..., Instance]]:
    settings.REDIS_URLS = ()
    made: list[Instance] = []

    def make(name: str, **options: Any) -> Instance:
        made.append(Instance(name, **options))
        return made[-1]

    yield make
    await cancelled([each.task for each in made])


def publication(topic: str, offset: int, size: int = 0) -> Publication:
    return Publication(Topic(topic), "epoch", offset, "happened", b'"' + b"x" * size + b'"', 1.5)


@pytest.mark.full_only
async def test_others_receive_what_one_instance_sends(instance: Callable[..., Instance]) -> None:
    here, there, elsewhere = instance("here"), instance("there"), instance("elsewhere")
    for each in (here, there, elsewhere):
        await each.listens()
    sent = [publication(f"things/{number}", number, 1_000) for number in range(1, 500)]
    here.sender.put(sent, [Eviction(7, "phone")])
    here.sender.put_states([State(Topic("things/1"), "typing", b"{}")])
    here.sender.put_broadcasts([EphemeralBroadcast((Topic("a/1"), Topic("a/2")), "seen", b"1")])
    here.sender.relay("there", {"frames": b"\x00\xff", "number": 3})
    await there.until(lambda: bool(there.relayed))
    await elsewhere.until(lambda: len(elsewhere.states) == 3)

    for each in (there, elsewhere):
        assert each.publications == sent
        assert each.evictions == [Eviction(7, "phone")]
        assert [state.topic for state in each.states] == ["things/1", "a/1", "a/2"]
    assert there.relayed == [("here", {"frames": b"\x00\xff", "number": 3})]
    assert elsewhere.relayed == []
    assert here.publications == []


@pytest.mark.full_only
async def test_large_event_is_announced_by_its_offset(instance: Callable[..., Instance]) -> None:
    here, there = instance("here"), instance("there")
    await there.listens()
    here.sender.put([publication("things/1", 4, postgresql_hints.EVENT_BYTES)], [])
    await there.until(lambda: bool(there.publications))
    assert (there.publications[0].offset, there.publications[0].data) == (4, None)


@pytest.mark.full_only
async def test_process_without_a_loop_is_received(instance: Callable[..., Instance]) -> None:
    there = instance("there")
    await there.listens()
    sent = [publication(f"things/{number}", number) for number in range(1, 100)]
    await in_thread(send_now, sent, [Eviction(1)])
    await there.until(lambda: bool(there.evictions))
    assert there.publications == sent


@pytest.mark.full_only
async def test_after_a_cut_it_listens_again_and_looks_for_what_it_has_missed(
    instance: Callable[..., Instance],
) -> None:
    here, there = instance("here"), instance("there")
    await there.listens()

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = %s",
                [postgresql_hints.APPLICATION],
            )

    await in_thread(cut)
    await there.listens(2)
    await here.listens(2)
    offset = 0
    while not there.publications:
        # The sender notices at its next statement that it has been cut off.
        offset += 1
        here.sender.put([publication("things/1", offset)], [])
        await here.sender.flushed()
        await asyncio.sleep(0.05)
    assert there.publications[0].topic == "things/1"


@pytest.mark.full_only
async def test_pooler_that_swallows_notifications_is_reported(
    instance: Callable[..., Instance],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgresql_hints, "ANSWER_S", 0.2)
    monkeypatch.setattr(postgresql_hints, "RETRY_S", 0.1)
    with caplog.at_level(logging.ERROR, logger=postgresql_hints.__name__):
        silent = instance("silent", probes=False)
        await silent.listens()
        await asyncio.wait_for(silent.receiver._check_delivery(), PATIENCE_S)
    assert "BELLWIRE_LISTEN_DATABASE_URL" in caplog.text


@pytest.mark.full_only
async def test_working_listen_is_not_reported(
    instance: Callable[..., Instance], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger=postgresql_hints.__name__):
        heard = instance("heard")
        await asyncio.wait_for(heard.receiver._check_delivery(), PATIENCE_S)
    assert caplog.records == []
