"""Who talks in the tests: a wire that remembers, a client on it, writers in threads."""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson
from django.db import connections, transaction

from realtime.database.executor import in_thread
from realtime.fanout.hub import Hub
from realtime.log import event_log
from realtime.protocol.frames import Frame
from realtime.protocol.messages import (
    Event,
    Position,
    Publication,
    Topic,
)
from realtime.protocol.principal import CredentialError, Principal
from realtime.protocols.json.codec import JSON_CODEC, JsonCodec
from realtime.protocols.json.session import Session
from tests.support.deadlines import PATIENCE_S

HOUR_S = 3600.0
Message = dict[str, Any]


def message_of(frame: Frame) -> Message:
    """A frame as a client's own JSON parser reads it."""
    message: Message = json.loads(frame.text)
    return message


class ChangeOfMindError(Exception):
    """What rolls a transaction back in the tests."""


# --- the log ---------------------------------------------------------------------------------


def event(topic: str, data: Mapping[str, Any] | None = None, kind: str = "happened") -> Event:
    return Event(Topic(topic), kind, orjson.dumps(data or {}))


def write(topic: str, times: int = 1) -> list[Publication]:
    """Commit events of which nobody is told: the wake-up is lost, or the test's to give."""
    with transaction.atomic():
        return event_log.append([event(topic, {"n": number}) for number in range(times)])


async def written(topic: str, times: int = 1) -> list[Publication]:
    """`write`, from a test that runs on a loop."""
    return await in_thread(write, topic, times)


def replayed(topic: str, position: Position | None) -> event_log.Replay:
    """What the log says to a client that resumes one topic."""
    return event_log.read({Topic(topic): position})[1][Topic(topic)]


# --- threads ---------------------------------------------------------------------------------


class Together:
    """Threads that start at once. Raises the first error of any of them when they have ended."""

    def __init__(self, works: Sequence[Callable[[], object]]) -> None:
        self._errors: list[BaseException] = []
        barrier = threading.Barrier(len(works))
        self._threads = [threading.Thread(target=self._run, args=(barrier, it)) for it in works]
        for thread in self._threads:
            thread.start()

    def at_work(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _run(self, barrier: threading.Barrier, work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:
            self._errors.append(error)
        finally:
            connections.close_all()


# --- clients ---------------------------------------------------------------------------------


def principal(user_id: int = 1, *, login_id: str = "login", expires_at: float = 0.0) -> Principal:
    return Principal(
        user_id=user_id,
        username=f"user{user_id}",
        login_id=login_id,
        expires_at=expires_at or time.time() + HOUR_S,
    )


class OpenGate:
    """Lets in whom the token names: `user:login:expires`, as in `7:phone:1760000000`."""

    def admit(self, scope: Mapping[str, Any]) -> Principal:
        query = scope["query_string"].decode()
        if "token=" not in query:
            raise CredentialError("AUTH_ERROR", "Authentication failed")
        return self._read(query.rpartition("token=")[2].partition("&")[0])

    def admit_change(self, scope: Mapping[str, Any]) -> Principal:
        return self.admit(scope)

    def lane(self, scope: Mapping[str, Any], token: str | None = None) -> int | str | None:
        return f"address {scope.get('client')}"

    def admit_token(self, token: str) -> Principal:
        return self._read(token)

    def fingerprint(self, scope: Mapping[str, Any]) -> str:
        query: bytes = scope["query_string"]
        return query.decode()

    def renew(self, principal: Principal, token: str) -> Principal:
        renewed = self._read(token)
        if renewed.user_id != principal.user_id:
            raise CredentialError("AUTH_ERROR", "The token is another user's")
        return renewed

    def revoked(self, principals: Collection[Principal]) -> set[Principal]:
        return {each for each in principals if each.login_id == "revoked"}

    def _read(self, token: str) -> Principal:
        user_id, _, rest = token.partition(":")
        login_id, _, expires_at = rest.partition(":")
        if not user_id.isdecimal():
            raise CredentialError("AUTH_ERROR", "Authentication failed")
        if expires_at and float(expires_at) <= time.time():
            raise CredentialError("TOKEN_EXPIRED", "The token has expired")
        return principal(int(user_id), login_id=login_id, expires_at=float(expires_at or 0))


class Watched:
    """Something to which things happen that a test waits for."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Say that something has happened."""
        self._changed.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for `done`, which is asked whenever something has happened."""
        async with asyncio.timeout(PATIENCE_S):
            while not done():
                self._changed.clear()
                await self._changed.wait()


class RecordingWriter(Watched):
    """A connection's sending half that remembers what it was given.

    While `taking` is False it says so, as a transport with a full buffer does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.closed: tuple[int, str] | None = None
        self.closed_now = False
        self.pings = 0
        self.taking = True

    def write(self, frame: Frame) -> bool:
        assert self.closed is None, "nothing may be written behind a close frame"
        self.frames.append(frame)
        self.changed()
        return self.taking

    def close(self, code: int, reason: str) -> None:
        assert self.closed is None, "a connection is closed once"
        self.closed = code, reason
        self.changed()

    def close_now(self, code: int, reason: str) -> None:
        self.closed_now = True
        self.close(code, reason)

    def ping(self) -> None:
        self.pings += 1


class SessionClient:
    """A session on a recording wire, and what its user hears."""

    def __init__(
        self, hub: Hub, who: Principal | None = None, codec: JsonCodec = JSON_CODEC
    ) -> None:
        self.writer = RecordingWriter()
        self.session = Session(
            principal=who or principal(),
            connection_id=uuid.uuid4().hex,
            hub=hub,
            gate=OpenGate(),
            codec=codec,
            writer=self.writer,
            transport="test",
        )

    async def opens(self, **wanted: Position | None) -> "SessionClient":
        """Begin, subscribed to `things/<name>` for each name given."""
        await self.session.open({Topic(f"things/{name}"): at for name, at in wanted.items()})
        return self

    async def sends_command(self, kind: str, ref: Any = None, **data: Any) -> list[Message]:
        """Send a command; returns what has been heard by the time it was carried out."""
        before = len(self.writer.frames)
        await self.session.receive(json.dumps({"type": kind, "data": data, "ref": ref}).encode())
        return [message_of(frame) for frame in self.writer.frames[before:]]

    async def subscribes(self, topic: str, position: Position | None = None) -> Message:
        """Subscribe, resuming at `position`. Returns the `subscribed` frame."""
        answers = await self.asks_for(topic, position)
        return next(answer for answer in answers if answer["type"] == "subscribed")

    async def asks_for(self, topic: str, position: Position | None = None) -> list[Message]:
        """Say `subscribe`; returns what has been heard by the time it was carried out."""
        data: dict[str, Any] = {"topic": topic}
        if position is not None:
            data |= {"offset": position.offset}
            data |= {"epoch": position.epoch} if position.epoch else {}
        return await self.sends_command("subscribe", **data)

    @property
    def received(self) -> list[Message]:
        return [message_of(frame) for frame in self.writer.frames]

    def offsets(self, topic: str) -> list[int]:
        """Those of the events heard so far, in the order in which they came."""
        return [
            message["offset"]
            for message in self.received
            if message.get("topic") == topic and message["type"] == "happened"
        ]

    def all_of(self, kind: str) -> list[Message]:
        return [message for message in self.received if message["type"] == kind]

    async def receives_offsets(self, topic: str, offsets: Sequence[int]) -> None:
        """Wait for as many events as `offsets`, and compare."""
        await self.writer.until(lambda: len(self.offsets(topic)) >= len(offsets))
        assert self.offsets(topic) == list(offsets)

    async def receives(self, kind: str, count: int = 1) -> Message:
        """Wait for the `count`-th frame of a type."""
        await self.writer.until(lambda: len(self.all_of(kind)) >= count)
        return self.all_of(kind)[count - 1]

    async def is_closed(self) -> tuple[int, str]:
        """Wait for the close. Returns its code and reason."""
        await self.writer.until(lambda: self.writer.closed is not None)
        assert self.writer.closed is not None
        return self.writer.closed
