"""STOMP over whatever carries it: docs/contract.md §5."""

from tests.contract.lines import Line, RefusedError, Subscription
from tests.contract.pipes import PipeKind
from tests.contract.stomp_client import Frame, StompClient


class StompTransport:
    """`/user/queue/notifications` and `/topic/chat-rooms/{id}/messages`."""

    lasts = True
    statuses = {
        "AUTH_ERROR": 1008,
        "TOKEN_EXPIRED": 1008,
        "TOO_MANY_CONNECTIONS": 1008,
        "FORBIDDEN": 1008,
        "NOT_FOUND": 1002,
    }

    def __init__(self, kind: PipeKind) -> None:
        self.name = f"stomp-{kind.name}"
        self._kind = kind

    async def open(
        self,
        url: str,
        token: str,
        subscription: Subscription,
        *,
        since: str = "",
        receive_buffer: int = 0,
    ) -> Line:
        line = StompLine(subscription, since)
        line.client = await StompClient.open(self._kind, url, receive_buffer=receive_buffer)
        line.client.on_frame, line.client.on_end = line.take, line.ended
        try:
            await line.is_open(token)
        except RefusedError:
            await line.close()
            raise
        return line


class StompLine(Line):
    client: StompClient

    async def is_open(self, token: str) -> None:
        """Raises `RefusedError`."""
        await self.client.connects(token)
        if (await self.client.first("CONNECTED", "ERROR")).command == "ERROR":
            raise RefusedError(await self.client.ends())
        asked: dict[str, str] = {}
        for topic, prefix in zip(self.subscription.topics, ("", "broadcast-"), strict=False):
            if topic in self.at:
                epoch, offset = self.at[topic]
                asked |= {f"{prefix}offset": str(offset)}
                asked |= {f"{prefix}epoch": epoch} if epoch else {}
        room = self.subscription.room
        destination = "/user/queue/notifications"
        if room is not None:
            destination = f"/topic/chat-rooms/{room}/messages"
        answer = await self.client.subscribe(destination, **asked)
        if answer.command == "ERROR":
            raise RefusedError(await self.client.ends())

    def take(self, frame: Frame) -> None:
        """One frame. The RECEIPT of SUBSCRIBE comes before its first MESSAGE."""
        reported = frame.headers
        if frame.command == "RECEIPT" and "recovered" in reported:
            self.recovered = reported["recovered"] == "true"
            for topic, prefix in zip(self.subscription.topics, ("", "broadcast-"), strict=False):
                head = int(reported[f"{prefix}offset"])
                self.learn(topic, reported[f"{prefix}epoch"], head, asked=topic in self.at)
        elif frame.command == "MESSAGE":
            self.at[reported["topic"]] = reported["epoch"], int(reported["offset"])
            self.took(frame.json)

    async def _read(self) -> None:
        raise NotImplementedError("the client reads")

    def stop_reading(self) -> None:
        self.client.pipe.stop_reading()

    def read_again(self) -> None:
        self.client.pipe.read_again()

    def cut(self) -> None:
        self.client.pipe.cut()

    async def close(self) -> None:
        await self.client.close()
