"""`manage.py demo`: an internal service that sends notifications over HTTP, as any other would."""

import itertools
import json
import random
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from typing_extensions import override

from accounts.credentials.service_keys import create_service_key, revoke_service_keys
from accounts.models import ServiceKey
from notifications.conf import conf
from notifications.demo import PEOPLE, STORIES, TASKS, Task

SERVICE = "demo"
SEND = "/api/v1/notifications/send"
JOBS = "/api/v1/jobs"
# Reports on the running job between two notifications.
REPORTS = 4
# A server that is up responds within milliseconds; a busy one takes longer.
TIMEOUT_S = 10


class Command(BaseCommand):
    help = "Send a stream of notifications to alice, bob and carol through the running server."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        url = f"http://localhost:{conf().port}"
        parser.add_argument("--url", default=url, help="the server")
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
        worker = _Worker(url, key)
        for number, story in enumerate(itertools.islice(itertools.cycle(STORIES), count)):
            for _ in range(REPORTS if number else 0):
                time.sleep(interval / REPORTS)
                self._print(worker.step())
            # Mostly for one user, now and then for all.
            everybody = story.type == "SYSTEM"
            to = PEOPLE if everybody else (random.choice(PEOPLE),)  # noqa: S311
            answer = _call(url, key, "POST", SEND, {"usernames": to, **story.body()})
            ids = ", ".join(str(notification_id) for notification_id in answer["ids"])
            self._print(f"{story.type:20} -> {', '.join(to):18} {story.title}   (id {ids})")
        # Running jobs are ended, or they would become stale in ten minutes.
        while worker.reports:
            time.sleep(interval / REPORTS)
            self._print(worker.step())

    def _print(self, line: str) -> None:
        if line:
            self.stdout.write(line)
            self.stdout.flush()


class _Worker:
    """Works on one task after the other for a user, a step at a time."""

    def __init__(self, url: str, key: str) -> None:
        self._to = url, key
        self._tasks = itertools.cycle(TASKS)
        self._where = ""
        # Remaining reports of the current task.
        self.reports: deque[dict[str, Any]] = deque()

    def step(self) -> str:
        """Begin a task, or report on it. Returns a line to print, "" in the middle of a task."""
        if not self.reports:
            return self._begin(next(self._tasks))
        report = self.reports.popleft()
        job = _call(*self._to, "PATCH", self._where, report)
        return "" if self.reports else f"{'job ' + job['status']:20} -> {job['title']}"

    def _begin(self, task: Task) -> str:
        username = random.choice(PEOPLE)  # noqa: S311
        job = _call(*self._to, "POST", JOBS, {"username": username, **task.body()})
        self._where = f"{JOBS}/{job['id']}"
        self.reports.extend(task.reports())
        return f"{'job':20} -> {username:18} {task.title}   (id {job['id']})"


def _new_key() -> str:
    _revoke_keys()
    return create_service_key(name=SERVICE, scopes=["notifications:send", "jobs:write"])[1]


def _revoke_keys() -> None:
    standing = ServiceKey.objects.filter(name=SERVICE, revoked_at=None)
    revoke_service_keys(keys=list(standing.values_list("pk", flat=True)))


def _call(url: str, key: str, method: str, path: str, body: dict[str, Any]) -> Any:
    """Send a request and return its response. Raises `CommandError` with advice."""
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        url + path,
        method=method,
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
