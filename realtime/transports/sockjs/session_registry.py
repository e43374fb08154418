"""All SockJS sessions of a process, and access to those of other instances.

The instance that opened a session owns it. Any other instance is a proxy that asks the owner, so
that a client's requests may arrive anywhere. While Redis is away, only the owner can answer.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from realtime.cluster.session_owners import HEARTBEAT_S
from realtime.protocol.errors import Close, ErrorCode
from realtime.protocol.principal import CredentialError
from realtime.runtime import Runtime
from realtime.transports.sockjs import framing
from realtime.transports.sockjs.binding import binding_of
from realtime.transports.sockjs.receivers import Receiver
from realtime.transports.sockjs.remote.owner import Answer, Host
from realtime.transports.sockjs.remote.proxy import Link, Proxy
from realtime.transports.sockjs.services import Service
from realtime.transports.sockjs.session import Claim, SockSession
from realtime.transports.sockjs.timeouts import Timeouts

logger = logging.getLogger(__name__)

# Attempts, `RELEASE_S` apart, within which a session that has ended elsewhere gives up its key.
TRIES = 5
RELEASE_S = 0.05
_OWNER_OPS = frozenset({"answer", "frames"})


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """One request to a session."""

    base: str
    session_id: str
    service: Service
    scope: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"sockjs:{self.base}:{self.session_id}"


class Attachment:
    """A receiver that is fed by a session of this process, or through a link."""

    def __init__(
        self,
        registry: "SessionRegistry",
        receiver: Receiver,
        session: SockSession | None,
        link: Link | None,
    ) -> None:
        self._registry = registry
        self._receiver = receiver
        self._session = session
        self._link = link

    def wrote(self) -> None:
        """Acknowledge: the response of a poll was written."""
        if self._link is not None:
            self._link.wrote()

    def left(self) -> None:
        """Detach: the client disconnected before the end."""
        if self._session is not None:
            self._session.detach(self._receiver)
        elif self._link is not None:
            self._registry.run(self._link.leave(broken=True))


class SessionRegistry:
    """One per process. `services` are distinguished by their base URLs."""

    def __init__(self, runtime: Runtime, timeouts: Timeouts | None = None) -> None:
        self._runtime = runtime
        self._timeouts = timeouts or Timeouts()
        self._sessions: dict[str, SockSession] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._host = Host(find=self._sessions.get, send_to=self._send_to)
        self._proxy = Proxy(self._send_to)
        self._watching: asyncio.Task[None] | None = None
        runtime.on_relayed(self._dispatch)
        runtime.on_drain(self._drain)

    # --- requests ---------------------------------------------------------------------------------

    async def receive(
        self, request: SessionRequest, transport: str, receiver: Receiver
    ) -> Attachment | None:
        """Attach `receiver` to the session, which is opened if necessary.

        Returns None if the session is another client's.
        """
        credential = self._credential(request)
        for _ in range(TRIES):
            session = self._sessions.get(request.key)
            if session is None:
                owner = await self._runtime.owners.claim(request.key)
                if owner != self._runtime.instance:
                    answer, link = await self._attach_remote(owner, request, credential, receiver)
                    if answer is Answer.GONE:
                        await asyncio.sleep(RELEASE_S)
                        continue
                    if answer is Answer.OTHER:
                        return None
                    return Attachment(self, receiver, None, link)
                session = self._sessions.get(request.key)
                if session is None:
                    session = self._open(request, transport, credential)
            if not await self._is_own(session, credential, request):
                return None
            if self._sessions.get(request.key) is session:
                session.attach(receiver)
                return Attachment(self, receiver, session, None)
        self._refuse_unavailable(receiver)
        return Attachment(self, receiver, None, None)

    async def enqueue(self, request: SessionRequest, messages: list[bytes]) -> bool:
        """Queue messages for the session. Returns False if this client has no such session."""
        credential = self._credential(request)
        session = self._sessions.get(request.key)
        if session is not None:
            return await self._is_own(session, credential, request) and session.enqueue(messages)
        owner = await self._runtime.owners.find(request.key)
        if owner is None or owner == self._runtime.instance:
            return False

        async def find_user() -> int | None:
            return await self._user(request)

        return await self._proxy.enqueue(owner, request.key, credential, find_user, messages)

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` in a task that is kept until its end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ran)
        return task

    # --- local sessions ---------------------------------------------------------------------------

    def _open(self, request: SessionRequest, transport: str, credential: str) -> SockSession:
        key = request.key

        def forget() -> None:
            if self._sessions.pop(key, None) is not None:
                self.run(self._runtime.owners.release(key))

        session = self._sessions[key] = SockSession(
            service=request.service,
            scope=request.scope,
            transport=transport,
            credential=credential,
            timeouts=self._timeouts,
            forget=forget,
            run=self.run,
        )
        return session

    def _credential(self, request: SessionRequest) -> str:
        if not request.service.private:
            return ""
        return self._runtime.gate.fingerprint(request.scope) or binding_of(request.scope)

    async def _is_own(self, session: SockSession, credential: str, request: SessionRequest) -> bool:
        claim = session.claim(credential, None)
        if claim is Claim.UNKNOWN:
            claim = session.claim(credential, await self._user(request))
        return claim is Claim.OWN

    async def _user(self, request: SessionRequest) -> int | None:
        try:
            principal = await self._runtime.admit(request.scope)
        except CredentialError as error:
            # The user is unknown only for now: the session goes on for later requests.
            if error.code == ErrorCode.UNAVAILABLE:
                raise
            return None
        return principal.user_id

    # --- sessions of other instances --------------------------------------------------------------

    async def _attach_remote(
        self, owner: str, request: SessionRequest, credential: str, receiver: Receiver
    ) -> tuple[Answer | None, Link | None]:
        async def find_user() -> int | None:
            return await self._user(request)

        self._watch()
        answer, link = await self._proxy.open(owner, request.key, credential, find_user, receiver)
        if answer is None:
            self._refuse_unavailable(receiver)
        elif link is not None and self._runtime.is_draining():
            # The drain began while the owner was asked, and has missed this request.
            self.run(link.leave(broken=False))
        return answer, link

    def _refuse_unavailable(self, receiver: Receiver) -> None:
        goodbye = framing.close(Close.UNAVAILABLE.code, Close.UNAVAILABLE.reason)
        receiver.send(goodbye.payload)
        receiver.end()

    def _send_to(self, instance: str, body: Mapping[str, Any]) -> bool:
        return self._runtime.relay(instance, body)

    def _dispatch(self, instance: str, body: Mapping[str, Any]) -> None:
        if body["op"] in _OWNER_OPS:
            self._proxy.dispatch(instance, body)
        else:
            self._watch()
            self._host.dispatch(instance, body)

    def _watch(self) -> None:
        if self._watching is None:
            self._watching = self.run(self._close_links_of_dead_owners())

    async def _close_links_of_dead_owners(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            others = self._proxy.owners() | self._host.proxies()
            if not others:
                self._watching = None
                return
            for instance in others:
                if await self._runtime.owners.alive(instance) is False:
                    self._proxy.owner_lost(instance)
                    self._host.owner_lost(instance)

    def _drain(self) -> None:
        for session in list(self._sessions.values()):
            session.drain()
        for link in self._proxy.links():
            # The client continues its session through another instance.
            self.run(link.leave(broken=False))

    def _ran(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A SockJS task failed", exc_info=error)
