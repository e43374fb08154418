"""Long polling: one request after the other, each from where the one before ended."""

import asyncio

import httpx

from tests.contract.lines import (
    End,
    Line,
    RefusedError,
    Subscription,
    in_header,
)

TIMEOUT_S = 60.0


class LongPollTransport:
    name = "long-poll"
    lasts = False
    statuses = {"AUTH_ERROR": 401, "TOKEN_EXPIRED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404}

    async def open(
        self,
        url: str,
        token: str,
        subscription: Subscription,
        *,
        since: str = "",
        receive_buffer: int = 0,
    ) -> Line:
        path = "/long-polling/notifications"
        if subscription.room is not None:
            path = f"/long-polling/chat-rooms/{subscription.room}/messages"
        line = LongPollLine(subscription, since, url + path, token)
        # Whatever there is by now, and from where to go on.
        answer = await line.poll(since, timeout="0")
        line.take(answer)
        if line.end is not None:
            await line.close()
            raise RefusedError(line.end, retry_after=answer.headers.get("retry-after", ""))
        line.begin()
        return line


class LongPollLine(Line):
    def __init__(self, subscription: Subscription, since: str, url: str, token: str) -> None:
        super().__init__(subscription, since)
        self.polls = 0
        self._url = url
        self._http = httpx.AsyncClient(
            headers=in_header(token),
            timeout=TIMEOUT_S,
            trust_env=False,
            verify=False,  # noqa: S501
        )

    async def poll(self, since: str, timeout: str = "") -> httpx.Response:  # noqa: ASYNC109
        self.polls += 1
        asked = {"since": since, "timeout": timeout}
        params = {name: value for name, value in asked.items() if value}
        return await self._http.get(self._url, params=params)

    def take(self, answer: httpx.Response) -> None:
        """A list and its position, or the end."""
        if answer.status_code != 200:
            self.ended(End(answer.status_code, answer.json()["code"]))
            return
        position = answer.headers["realtime-position"]
        for topic, part in zip(self.subscription.topics, position.split(";"), strict=True):
            epoch, _, offset = part.rpartition(":")
            self.at[topic] = epoch, int(offset)
        if answer.headers.get("realtime-recovered") == "false":
            self.recovered = False
        for body in answer.json():
            self.took(body)
        self._news.set()

    async def _read(self) -> None:
        while self.end is None:
            try:
                self.take(await self.poll(self.position))
            except httpx.TransportError:
                self.ended(End(-1))

    def cut(self) -> None:
        if self._reader is not None:
            self._reader.cancel()

    async def close(self) -> None:
        await super().close()
        await asyncio.shield(self._http.aclose())
