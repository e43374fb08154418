"""Server-sent events, read as the HTML standard says a browser reads them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.contract.http_stream import CutShortError, HttpStream, open_stream
from tests.contract.lines import (
    End,
    Line,
    RefusedError,
    Subscription,
    in_header,
)


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is None where the event has none; `data` is "" where it is dispatched to nobody."""

    kind: str
    id: str | None
    data: str


class SseTransport:
    name = "sse"
    lasts = True
    statuses = {
        "AUTH_ERROR": 401,
        "TOKEN_EXPIRED": 401,
        "FORBIDDEN": 403,
        "NOT_FOUND": 404,
        "TOO_MANY_CONNECTIONS": 429,
    }

    async def open(
        self,
        url: str,
        token: str,
        subscription: Subscription,
        *,
        since: str = "",
        receive_buffer: int = 0,
    ) -> Line:
        path = "/sse/notifications"
        if subscription.room is not None:
            path = f"/sse/chat-rooms/{subscription.room}/messages"
        resumes = {"Last-Event-ID": since} if since else {}
        line = SseLine(subscription, since)
        line.stream = await open_stream(
            url,
            path,
            headers=in_header(token) | resumes | {"Accept": "text/event-stream"},
            receive_buffer=receive_buffer,
        )
        if line.stream.status != 200:
            reported = json.loads(await line.stream.body())
            line.stream.cut()
            raise RefusedError(
                End(line.stream.status, reported["code"]),
                retry_after=line.stream.headers.get("retry-after", ""),
            )
        line.begin()
        await line.until(lambda: line.is_placed or line.end)
        return line


class SseLine(Line):
    stream: HttpStream

    def __init__(self, subscription: Subscription, since: str) -> None:
        super().__init__(subscription, since)
        self.is_placed = False
        self._error = ""

    async def _read(self) -> None:
        try:
            async for event in events(self.stream):
                self._take(event)
        except CutShortError:
            self.ended(End(-1, self._error))
        except OSError:
            self.ended(End(-1, self._error))
        else:
            self.ended(End(0, self._error))

    def _take(self, event: Event) -> None:
        if event.id is not None:
            for topic, part in zip(self.subscription.topics, event.id.split(";"), strict=True):
                epoch, _, offset = part.rpartition(":")
                self.at[topic] = epoch, int(offset)
            self.is_placed = True
        if event.kind == "gap":
            self.recovered = False
        elif event.kind == "error":
            self._error = json.loads(event.data)["code"]
        elif event.data:
            self.took(json.loads(event.data))
        self._news.set()

    def stop_reading(self) -> None:
        self.stream.stop_reading()

    def read_again(self) -> None:
        self.stream.read_again()

    def cut(self) -> None:
        self.stream.cut()


async def events(stream: HttpStream) -> AsyncIterator[Event]:
    """Blocks of lines; what is only a comment or `retry` is passed over."""
    kind, last_id, data = "message", None, list[str]()
    async for line in stream.lines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if last_id is not None or data:
                yield Event(kind, last_id, "\n".join(data))
            kind, last_id, data = "message", None, []
        elif name == "event":
            kind = value
        elif name == "id":
            last_id = value
        elif name == "data":
            data.append(value)
