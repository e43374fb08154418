"""`manage.py demo`: be an internal service that has much to tell, over HTTP like any other."""

import itertools
import json
import os
import random
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from accounts.keys import create_service_key, revoke_service_keys
from accounts.models import ServiceKey
from notifications.demo import PEOPLE, STORIES

SERVICE = "demo"
# A server that is up answers in milliseconds; one that is busy gets some patience.
TIMEOUT_S = 10


class Command(BaseCommand):
    help = "Send a stream of notifications to alice, bob and carol through the running server."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        port = os.environ.get("PORT") or "8000"
        parser.add_argument("--url", default=f"http://localhost:{port}", help="the server")
        parser.add_argument("--count", type=int, default=20, help="how many to send")
        parser.add_argument("--interval", type=float, default=2.0, help="seconds between them")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        url: str = options["url"].rstrip("/")
        if not settings.DEBUG:
            raise CommandError("the demo invents its news: it needs DEBUG=1")
        if not url.startswith(("http://", "https://")):
            raise CommandError(f"expected --url http(s)://…, got {url!r}")
        key = _new_key()
        try:
            self._stream(url, key, count=options["count"], interval=options["interval"])
        except KeyboardInterrupt:
            self.stdout.write("")
        finally:
            _revoke_keys()

    def _stream(self, url: str, key: str, *, count: int, interval: float) -> None:
        for number, story in enumerate(itertools.islice(itertools.cycle(STORIES), count)):
            if number:
                time.sleep(interval)
            # Mostly one person's business, now and then everybody's.
            everybody = story.type == "SYSTEM"
            to = PEOPLE if everybody else (random.choice(PEOPLE),)  # noqa: S311
            answer = _post(url, key, {"usernames": to, **story.body()})
            names = ", ".join(to)
            ids = ", ".join(str(notification_id) for notification_id in answer["ids"])
            self.stdout.write(f"{story.type:20} -> {names:18} {story.title}   (id {ids})")
            self.stdout.flush()


def _new_key() -> str:
    _revoke_keys()
    return create_service_key(name=SERVICE, scopes=["notifications:send"])[1]


def _revoke_keys() -> None:
    standing = ServiceKey.objects.filter(name=SERVICE, revoked_at=None)
    revoke_service_keys(keys=list(standing.values_list("pk", flat=True)))


def _post(url: str, key: str, body: dict[str, Any]) -> Any:
    """Send one; the server's answer. Raises `CommandError` that says what to do."""
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        f"{url}/api/v1/notifications/send",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Api-Key {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise CommandError(_refusal(url, error)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise CommandError(
            f"no Bellwire answers at {url} ({reason}). "
            "Start it with `make run`, or name it with --url."
        ) from None


def _refusal(url: str, error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")[:500]
    if error.code == 401:
        return f"{url} does not know our key: does it use the same DATABASE_URL? ({text})"
    if error.code == 400 and "No such user" in text:
        return f"{url} has no demo users: `manage.py demo_users` makes them ({text})"
    return f"{url} answered {error.code}: {text}"
