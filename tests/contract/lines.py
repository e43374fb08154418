"""What the transports have in common: an open connection, what it received, and its position."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from tests.support.deadlines import PATIENCE_S

Body = dict[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a line carries: a person's notifications with broadcasts, or a room's messages."""

    topics: tuple[str, ...]
    room: int | None = None


def notifications_of(user_id: int) -> Subscription:
    return Subscription((f"users/{user_id}", "broadcast"))


def messages_of(room: int) -> Subscription:
    return Subscription((f"rooms/{room}",), room)


@dataclass(frozen=True, slots=True)
class End:
    """How a line ended: the HTTP status or the close code (0: the body's orderly end), and the
    error that was told before, "" if none was."""

    status: int
    code: str = ""
    reason: str = ""


class RefusedError(Exception):
    """A transport did not open."""

    def __init__(self, end: End, *, retry_after: str = "") -> None:
        super().__init__(str(end))
        self.end = end
        self.retry_after = retry_after


class Line(ABC):
    """Open since `Transport.open` returned: what is committed from then on is heard.

    `bodies` are bare notifications or messages in the order in which they came. `recovered` is
    what the transport said about the position that was asked for.
    """

    def __init__(self, subscription: Subscription, since: str) -> None:
        self.subscription = subscription
        self.bodies: list[Body] = []
        self.recovered = True
        self.end: End | None = None
        # Epoch and offset of each topic, in the reading's order.
        self.at: dict[str, tuple[str, int]] = {}
        for topic, part in zip(
            subscription.topics, since.split(";") if since else (), strict=False
        ):
            epoch, _, offset = part.rpartition(":")
            self.at[topic] = epoch, int(offset)
        self._news = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    @property
    def position(self) -> str:
        """Where another line would go on, on any transport."""
        return ";".join("{}:{}".format(*self.at[topic]) for topic in self.subscription.topics)

    @property
    def texts(self) -> list[str]:
        """What was said, without what was said about it."""
        return [text_of(body) for body in self.bodies]

    async def until(self, found: Callable[[], Found], *, within_s: float = PATIENCE_S) -> Found:
        """Wait until `found`, asked after whatever comes, returns something true."""
        try:
            async with asyncio.timeout(within_s):
                while not (result := found()):
                    self._news.clear()
                    await self._news.wait()
                return result
        except TimeoutError:
            raise AssertionError(
                f"not within {within_s} s: heard {self.texts[-5:]}, at {self.at}, {self.end}"
            ) from None

    async def receives(self, count: int) -> list[str]:
        """Wait for so many bodies altogether. Returns all texts so far."""
        await self.until(lambda: len(self.bodies) >= count or self.end)
        assert len(self.bodies) >= count, f"ended with {self.end} after {self.texts[-5:]}"
        return self.texts

    async def receives_text(self, text: str) -> list[str]:
        """Wait for it. Returns all texts so far."""
        await self.until(lambda: text in self.texts or self.end)
        assert text in self.texts, f"ended with {self.end} after {self.texts[-5:]}"
        return self.texts

    async def ends(self, *, within_s: float = PATIENCE_S) -> End:
        """Wait for the end."""
        end = await self.until(lambda: self.end, within_s=within_s)
        assert end is not None
        return end

    def learn(self, topic: str, epoch: str, offset: int, *, asked: bool) -> None:
        """What the transport says of a topic as it opens: its head, where nothing is replayed."""
        resumes = asked and self.recovered
        self.at[topic] = (epoch, self.at[topic][1]) if resumes else (epoch, offset)

    def took(self, body: Body) -> None:
        self.bodies.append(body)
        self._news.set()

    def ended(self, end: End) -> None:
        if self.end is None:
            self.end = end
        self._news.set()

    def begin(self) -> None:
        """Start to read."""
        self._reader = asyncio.create_task(self._read())

    def stop_reading(self) -> None:
        """Leave what comes in the kernel's buffer, from now on."""
        raise NotImplementedError

    def read_again(self) -> None:
        raise NotImplementedError

    @abstractmethod
    async def _read(self) -> None:
        """Take what comes, until the end."""

    @abstractmethod
    def cut(self) -> None:
        """The network is gone, without a word."""

    async def close(self) -> None:
        """Leave, and hear nothing more."""
        self.cut()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class Transport(Protocol):
    """One transport with one protocol in it."""

    name: str
    # What a refusal looks like here: the HTTP status or the close code of each error.
    statuses: dict[str, int]
    # Whether a line is one long connection, which counts toward the user's.
    lasts: bool

    async def open(
        self,
        url: str,
        token: str,
        subscription: Subscription,
        *,
        since: str = "",
        receive_buffer: int = 0,
    ) -> Line:
        """Open a line. Raises `RefusedError`."""
        ...


def text_of(body: Body) -> str:
    return str(body["content"] if "content" in body else body["message"])


def in_header(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
