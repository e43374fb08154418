"""Two instances, a helper process beside them, and what people and services do there."""

import asyncio
import itertools
import json
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Deployment, Server
from tools.paths import ROOT

SEND = "/api/v1/notifications/send"
BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class ApiUser:
    """A user, signed in."""

    id: int
    name: str
    token: str

    @property
    def topic(self) -> str:
        return f"users/{self.id}"


class Backstage:
    """The helper process."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.backstage"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**environment, "PYTHONPATH": str(ROOT)},
        )

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Have it do something, and wait for the answer. From any thread."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with self._turn:
            stdin.write(json.dumps({"call": name, **arguments}) + "\n")
            stdin.flush()
            answer = stdout.readline()
        assert answer, f"the helper has ended in {name} {arguments}; its traceback is above"
        return json.loads(answer)

    def end(self) -> None:
        self._process.communicate(timeout=PATIENCE_S)


class Site:
    """The deployment that the transports belong to."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.backstage = Backstage(deployment.environment)
        self.http = httpx.Client(
            headers={"Authorization": f"Api-Key {self.backstage.call('key')}"},
            timeout=PATIENCE_S,
            trust_env=False,
        )
        self._ids = itertools.count(1)

    def end(self) -> None:
        self.http.close()
        self.backstage.end()

    @property
    def servers(self) -> list[Server]:
        """Without those that a test has added, and ended."""
        return [server for server in self.deployment.servers if server.running]

    @property
    def url(self) -> str:
        """The first instance."""
        return self.deployment.url

    # --- who is there -------------------------------------------------------------------------

    def person(self, name: str = "alice") -> ApiUser:
        """Somebody new: nobody else's connections count toward theirs."""
        return ApiUser(**self.backstage.call("person", name=f"{name}-{uuid.uuid4().hex[:8]}"))

    def token(self, person: ApiUser, *, seconds: float) -> str:
        """A token of theirs that expires so soon."""
        return str(self.backstage.call("token", user_id=person.id, seconds=seconds))

    def room(self, owner: ApiUser, *members: ApiUser, is_open: bool = False) -> int:
        ids = [member.id for member in members]
        made: int = self.backstage.call("room", owner_id=owner.id, member_ids=ids, is_open=is_open)
        return made

    # --- what happens -------------------------------------------------------------------------

    async def sends(
        self,
        person: ApiUser,
        *messages: str,
        type: str = "ORDER_CREATED",  # noqa: A002
    ) -> list[int]:
        """A service notifies somebody over REST. Returns the notifications' ids."""
        to = {"user_ids": [person.id], "type": type}
        return [await asyncio.to_thread(self._send, to, message) for message in messages]

    async def sends_to_all(self, *messages: str, type: str = "announcement") -> list[int]:  # noqa: A002
        """A service notifies everyone over REST."""
        to = {"broadcast": True, "type": type}
        return [await asyncio.to_thread(self._send, to, message) for message in messages]

    async def prefers(self, person: ApiUser, **wanted: bool) -> None:
        """They switch categories on and off."""
        url = f"{self.url}/api/v1/notifications/preferences"
        headers = {"Authorization": f"Bearer {person.token}"}
        answer = await asyncio.to_thread(self.http.put, url, headers=headers, json=wanted)
        assert answer.status_code == 200, answer.text

    async def reads(self, person: ApiUser, notification_id: int) -> None:
        """They mark one as read: an event of their topic that the transports do not show."""
        url = f"{self.url}/api/v1/notifications/{notification_id}/read"
        headers = {"Authorization": f"Bearer {person.token}"}
        answer = await asyncio.to_thread(self.http.put, url, headers=headers)
        assert answer.status_code == 200, answer.text

    async def publishes(self, *events: tuple[str, str], at_once: bool = False) -> None:
        """The helper process appends notifications `(topic, message)`, in this order."""
        await asyncio.to_thread(self.publish, *events, at_once=at_once)

    def publish(self, *events: tuple[str, str], at_once: bool = False) -> None:
        shaped = [
            (topic, "notification", self._notification(topic, message)) for topic, message in events
        ]
        self.backstage.call("publish", events=shaped, at_once=at_once)

    async def broadcasts(self, *messages: str) -> None:
        await self.publishes(*((BROADCAST, message) for message in messages))

    async def posts(self, person: ApiUser, room: int, *texts: str) -> None:
        """Somebody says something, through another process."""
        await asyncio.to_thread(
            self.backstage.call, "post", user_id=person.id, room_id=room, texts=texts
        )

    def head(self, topic: str) -> tuple[str, int]:
        """The epoch and the last offset."""
        epoch, _, offset = str(self.backstage.call("head", topic=topic)).rpartition(":")
        return epoch, int(offset)

    def _send(self, to: dict[str, Any], message: str) -> int:
        answer = self.http.post(f"{self.url}{SEND}", json={**to, "message": message})
        assert answer.status_code == 201, answer.text
        sent: int = answer.json()["ids"][0]
        return sent

    def _notification(self, topic: str, message: str) -> dict[str, Any]:
        number = next(self._ids)
        mine = topic.partition("/")[2]
        return {
            "id": number,
            "notification_id": number,
            "user_id": int(mine) if mine else None,
            "type": "announcement",
            "title": "",
            "message": message,
            "link": "/tea",
        }
