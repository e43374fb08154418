"""The proxy's side: requests that arrived here for a session of another instance.

Each message is sent again until it is answered; the owner recognises repetitions by their id.
"""

import asyncio
import uuid
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from realtime.protocol.errors import Close
from realtime.transports.sockjs import framing
from realtime.transports.sockjs.receivers import Receiver
from realtime.transports.sockjs.remote.owner import (
    REMEMBERED,
    RETRY_S,
    Answer,
    SendToInstance,
)

# Attempts, `RETRY_S` apart, after which the owner counts as unreachable.
TRIES = 12
# How often an open request is repeated, in case its owner has forgotten it.
REMIND_S = 10.0

# Looks up the user of the current request, for an owner that does not know its credential.
FindUser = Callable[[], Awaitable[int | None]]


class Link:
    """One request whose `receiver` gets its frames from the owner."""

    def __init__(
        self, *, owner: str, receiver: Receiver, message: Mapping[str, Any], proxy: "Proxy"
    ) -> None:
        self.owner = owner
        self.id: str = message["id"]
        self._receiver = receiver
        self._message = message
        self._proxy = proxy
        self._queue: deque[tuple[int, bytes | None]] = deque()
        self._expected = 1
        self._written = 0
        self._ended = False
        self._reminder: asyncio.TimerHandle | None = None
        receiver.on_resume(self._pump)

    def begin(self) -> None:
        """Start reminders: the owner has accepted the request."""
        self._remind_later()

    def accept_frames(self, frames: Sequence[tuple[int, bytes | None]]) -> None:
        """Accept frames of the owner in order; it repeats any that are ignored here."""
        if not frames:
            self.fail()
            return
        for seq, frame in frames:
            if seq == self._expected:
                self._queue.append((seq, frame))
                self._expected += 1
        self._pump()
        if not (self._receiver.polls or self._ended):
            self._acknowledge()

    def wrote(self) -> None:
        """Acknowledge: the whole response of a poll was written."""
        if not self._ended:
            self._acknowledge()
            self._close(written=True)

    async def leave(self, *, broken: bool) -> None:
        """End the request at the owner.

        `broken`: the client has disconnected; otherwise it will continue through another instance.
        """
        for _ in range(TRIES):
            if self._ended:
                return
            self._proxy.send_to(self.owner, {"op": "leave", "id": self.id, "broken": broken})
            if broken:
                # If it is lost, the owner notices that its frames are not acknowledged.
                break
            await asyncio.sleep(RETRY_S)
        if broken:
            self._close(written=False)
        elif not self._ended:
            self.fail()

    def fail(self) -> None:
        """Close the client because the owner is dead, so that it reconnects and resumes."""
        if self._ended:
            return
        if self._receiver.writable:
            goodbye = framing.close(Close.UNAVAILABLE.code, Close.UNAVAILABLE.reason)
            self._receiver.send(goodbye.payload)
            self._receiver.end()
        else:
            self._receiver.cut()
        self._close(written=False)

    def _pump(self) -> None:
        while self._queue and not self._ended:
            seq, frame = self._queue[0]
            if frame is None:
                self._receiver.end()
                self._written = seq
                if not self._receiver.polls:
                    self._acknowledge()
                    self._close(written=True)
                return
            if not self._receiver.writable:
                return
            self._receiver.send(frame)
            self._written = seq
            self._queue.popleft()

    def _acknowledge(self) -> None:
        self._proxy.send_to(self.owner, {"op": "took", "id": self.id, "seq": self._written})

    def _remind_later(self) -> None:
        if not self._ended:
            loop = asyncio.get_running_loop()
            self._reminder = loop.call_later(REMIND_S, self._remind)

    def _remind(self) -> None:
        self._proxy.send_to(self.owner, self._message)
        self._remind_later()

    def _close(self, *, written: bool) -> None:
        self._ended = True
        if self._reminder is not None:
            self._reminder.cancel()
        self._proxy.forget(self, written=written)


class Proxy:
    """All requests of this instance that other instances answer."""

    def __init__(self, send_to: SendToInstance) -> None:
        self.send_to = send_to
        self._links: dict[str, Link] = {}
        self._written: OrderedDict[str, None] = OrderedDict()
        self._answers: dict[str, asyncio.Future[Answer]] = {}

    async def open(
        self, owner: str, key: str, credential: str, find_user: FindUser, receiver: Receiver
    ) -> tuple[Answer | None, Link | None]:
        """Let the owner feed `receiver`. The answer is None if none arrived."""
        message: dict[str, Any] = {"op": "open", "key": key, "credential": credential}
        message |= {"id": uuid.uuid4().hex, "user": None, "polls": receiver.polls}
        link = Link(owner=owner, receiver=receiver, message=message, proxy=self)
        self._links[link.id] = link
        try:
            answer = await self._ask_with_user(owner, message, find_user)
        except BaseException:
            self.forget(link, written=False)
            raise
        if answer is Answer.DONE:
            link.begin()
            return answer, link
        self.forget(link, written=False)
        return answer, None

    async def enqueue(
        self, owner: str, key: str, credential: str, find_user: FindUser, messages: Sequence[bytes]
    ) -> bool:
        """Pass messages to the owner. Returns False if it refuses them or does not answer."""
        message: dict[str, Any] = {"op": "say", "key": key, "credential": credential}
        message |= {"id": uuid.uuid4().hex, "user": None, "messages": list(messages)}
        return await self._ask_with_user(owner, message, find_user) is Answer.DONE

    def dispatch(self, instance: str, body: Mapping[str, Any]) -> None:
        """Handle one message of an owner."""
        link = self._links.get(body["id"])
        if body["op"] == "answer":
            self._settle(body["id"], Answer(body["answer"]))
        elif link is not None:
            if body["frames"]:
                self._settle(link.id, Answer.DONE)
            link.accept_frames(body["frames"])
        elif body["frames"]:
            if body["id"] in self._written:
                # The acknowledgement of the end was lost.
                seq, _ = body["frames"][-1]
                self.send_to(instance, {"op": "took", "id": body["id"], "seq": seq})
            else:
                self.send_to(instance, {"op": "leave", "id": body["id"], "broken": True})

    def owners(self) -> set[str]:
        """Return the instances that feed requests here."""
        return {link.owner for link in self._links.values()}

    def owner_lost(self, instance: str) -> None:
        """Fail the requests of an instance that has died."""
        for link in [each for each in self._links.values() if each.owner == instance]:
            link.fail()

    def links(self) -> list[Link]:
        return list(self._links.values())

    def forget(self, link: Link, *, written: bool) -> None:
        """Remove a link; `written` means that its client was sent everything."""
        self._links.pop(link.id, None)
        if written:
            self._written[link.id] = None
            if len(self._written) > REMEMBERED:
                self._written.popitem(last=False)

    def _settle(self, request: str, answer: Answer) -> None:
        waiting = self._answers.get(request)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def _ask_with_user(
        self, owner: str, message: dict[str, Any], find_user: FindUser
    ) -> Answer | None:
        answer = await self._until_answered(owner, message)
        if answer is Answer.UNKNOWN:
            message["user"] = await find_user()
            if message["user"] is None:
                return Answer.OTHER
            answer = await self._until_answered(owner, message)
        return answer

    async def _until_answered(self, owner: str, message: Mapping[str, Any]) -> Answer | None:
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[message["id"]] = waiting
        try:
            for _ in range(TRIES):
                self.send_to(owner, message)
                done, _ = await asyncio.wait([waiting], timeout=RETRY_S)
                if done:
                    return waiting.result()
            return None
        finally:
            del self._answers[message["id"]]
