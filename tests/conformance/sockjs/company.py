"""People who are notified, over REST."""

import json
from typing import Any

from tests.conformance.sockjs.http import ask, get
from tests.support.servers import Deployment, Server


class Company:
    """Notifies users; `server` may be any instance."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._key = deployment.service_key()

    async def notify(self, user_id: int, *messages: str, server: Server | None = None) -> None:
        """One notification for each message."""
        url = (server or self._deployment.server).url
        for message in messages:
            body = {"user_ids": [user_id], "type": "SYSTEM", "title": "News", "message": message}
            answer = await ask(
                "POST",
                f"{url}/api/v1/notifications/send",
                body=json.dumps(body),
                headers={
                    "Authorization": f"Api-Key {self._key}",
                    "Content-Type": "application/json",
                },
            )
            assert answer.status == 201, answer.text


class People:
    """Users by name; their tokens are made at once, for each call takes a process of its own."""

    def __init__(self, deployment: Deployment, *names: str) -> None:
        self._url = deployment.url
        tokens = deployment.tokens(*names, *names)
        # Two for each, as a client has them that renews its own.
        self._tokens = dict(zip(names, tokens[: len(names)], strict=True))
        self._newer = dict(zip(names, tokens[len(names) :], strict=True))

    async def sign_in(self, name: str) -> tuple[str, int]:
        """A token, and whose it is."""
        token = self._tokens[name]
        answer = await get(f"{self._url}/api/v1/auth/me", authorization=f"Bearer {token}")
        me: dict[str, Any] = json.loads(answer.body)
        return token, int(me["id"])

    def newer(self, name: str) -> str:
        """Another token of the same user."""
        return self._newer[name]
