"""Clients that hold what they have: raw sockets, opened again as often as the server ends them.

async with Attack(target, HalfBody()) as attack:
    await bystander.does_everything()
    attack.lets_go()
    await attack.is_ended()
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Self

from tests.hostile.instances import POLL_S, Target, eventually

_HEAD_END = b"\r\n\r\n"
# One that was ended is opened again after that, so that refusing it costs this process little.
AGAIN_S = 0.1
# The pace of those who send or read a byte now and then.
DRIP_S = 0.25
# What a slow reader's kernel takes before the server's fills up.
NARROW = 4096


class Then(Enum):
    """What a connection goes on with, once it has sent its opening."""

    WAIT = "say nothing more"
    DRIP = "send a byte now and then"
    FLOOD = "send as fast as the server takes it"
    IGNORE = "never read the answer"
    LEAVE = "leave once something is answered, and come again"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one hostile connection does. `more` is dripped byte by byte, or sent over and over."""

    name: str
    opening: bytes = b""
    then: Then = Then.WAIT
    more: bytes = b""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names are lower case. A stream's body never is whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, text: bytes) -> "Answer":
        head, _, body = text.partition(_HEAD_END)
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.split(":", 1) for line in lines]
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        return cls(int(first.split()[1]), headers, body)

    @property
    def is_whole(self) -> bool:
        """Whether as much of the body is there as the answer says it has."""
        return len(self.body) >= int(self.headers.get("content-length", 0))


class Attack:
    """`connections` of one behaviour, from `addresses` in turn, until `lets_go`.

    `ended` is how many the server has ended so far, or have left. `received` is what each
    connection has been answered since it was last opened, the first 64 KiB of it.
    """

    def __init__(
        self,
        target: Target,
        behaviour: Behaviour | Callable[[int], Behaviour],
        *,
        connections: int = 12,
        addresses: tuple[str, ...] = ("127.0.0.66",),
    ) -> None:
        self.ended = 0
        self.received = [bytearray() for _ in range(connections)]
        # The same of the connection before, where that was answered by HTTP.
        self._received_before = [b""] * connections
        self._target = target
        self._behaviour = behaviour
        self._count = connections
        self._addresses = addresses
        self._holding = True
        self._in_position = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Returns once each connection has sent its opening."""
        self._tasks = [asyncio.create_task(self._hold(number)) for number in range(self._count)]
        await eventually(
            lambda: self._in_position >= self._count or self._failed(), what="attackers in position"
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._holding = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lets_go(self) -> None:
        """Open none again. Those that are open stay as they are."""
        self._holding = False

    async def is_ended(self) -> None:
        """Wait until the server has ended every connection that is open."""
        made = self._behaviour
        name = made.name if isinstance(made, Behaviour) else "the connections"
        await eventually(lambda: all(task.done() for task in self._tasks), what=f"{name} ended")
        for task in self._tasks:
            task.result()

    async def is_answered(self, enough: Callable[[list["Answer"]], bool]) -> list["Answer"]:
        """Wait until what all have been answered is `enough`. Returns those answers."""
        await eventually(lambda: enough(self.answers()), what="enough of them answered")
        return self.answers()

    async def is_received(self, text: bytes) -> None:
        """Wait until every connection has been told `text`."""
        await eventually(
            lambda: all(text in received for received in self.received), what=f"heard {text!r}"
        )

    def answers(self) -> list["Answer"]:
        """The last HTTP answer that each connection has been given, of those that have one."""
        pairs = zip(self.received, self._received_before, strict=True)
        last = (bytes(received) if _HEAD_END in received else before for received, before in pairs)
        answers = [Answer.of(text) for text in last if text]
        return [answer for answer in answers if answer.is_whole]

    def _failed(self) -> bool:
        for task in self._tasks:
            if task.done() and self._holding:
                task.result()
        return False

    async def _hold(self, number: int) -> None:
        made = self._behaviour
        first = True
        while self._holding:
            behaviour = made if isinstance(made, Behaviour) else made(number)
            with suppress(ConnectionError, TimeoutError):
                await self._connect_and_hold(number, behaviour, first=first)
            first = False
            self.ended += 1
            if self._holding:
                await asyncio.sleep(AGAIN_S)

    async def _connect_and_hold(self, number: int, behaviour: Behaviour, *, first: bool) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as line:
            line.setblocking(False)
            if behaviour.then is Then.IGNORE:
                # Before the handshake: TCP tells the other side its window there.
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
            line.bind((self._addresses[number % len(self._addresses)], 0))
            try:
                await loop.sock_connect(line, (self._target.host, self._target.port))
                await loop.sock_sendall(line, behaviour.opening)
            finally:
                self._in_position += first
            if behaviour.then is Then.IGNORE:
                await _until_ended(line, self._target)
                return
            sender = asyncio.create_task(_send(line, behaviour))
            if _HEAD_END in self.received[number]:
                self._received_before[number] = bytes(self.received[number])
            self.received[number].clear()
            try:
                if behaviour.then is Then.LEAVE:
                    self.received[number] += await loop.sock_recv(line, 65_536)
                else:
                    await _read(line, self.received[number])
            finally:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)


async def _send(line: socket.socket, behaviour: Behaviour) -> None:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        match behaviour.then:
            case Then.DRIP:
                for byte in behaviour.more:
                    await asyncio.sleep(DRIP_S)
                    await loop.sock_sendall(line, bytes((byte,)))
            case Then.FLOOD:
                while True:
                    await loop.sock_sendall(line, behaviour.more)
                    # A socket that takes everything at once would never let the others run.
                    await asyncio.sleep(0)
            case _:
                pass


async def _read(line: socket.socket, answer: bytearray) -> None:
    """Take what comes until the end; only the beginning of it is kept."""
    loop = asyncio.get_running_loop()
    while data := await loop.sock_recv(line, 65_536):
        if len(answer) < 65_536:
            answer += data


async def _until_ended(line: socket.socket, target: Target) -> None:
    """Wait for the end without reading a byte of what waits in the kernel.

    Only the server's side tells it: the end of a connection stands behind what was not read.
    """
    own_port: int = line.getsockname()[1]
    while own_port in target.clients():  # noqa: ASYNC110 - the loop tells it to those who read
        await asyncio.sleep(POLL_S)
