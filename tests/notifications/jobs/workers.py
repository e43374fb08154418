"""Services that work for somebody and say how far they are."""

from datetime import timedelta
from typing import Any

from django.db.models import F

from accounts.credentials.service_keys import create_service_key
from notifications.jobs.models import Job
from tests.notifications.people import ApiUser, Service

JOBS = "/api/v1/jobs"
Shape = dict[str, Any]


class Worker(Service):
    """A service that may report jobs."""

    def __init__(self, name: str = "prism") -> None:
        super().__init__(create_service_key(name=name, scopes=["jobs:write"])[1])

    def asks(self, body: Any, *, key: str | None = None) -> Any:
        """Make a job, or be refused."""
        return self.post(body, key=key, path=JOBS)

    def starts(self, person: ApiUser, **more: Any) -> Shape:
        """Make a job and expect it to work."""
        answer = self.asks({"user_id": person.id, "title": "Sales report", **more})
        assert answer.status_code == 201, answer.content
        made: Shape = answer.json()
        return made

    def shares(self, *people: ApiUser, **more: Any) -> Shape:
        """Make a job of several and expect it to work."""
        to = [person.id for person in people]
        answer = self.asks({"user_ids": to, "title": "Sales report", **more})
        assert answer.status_code == 201, answer.content
        made: Shape = answer.json()
        return made

    def patches(self, job: Shape, **said: Any) -> Any:
        """Report, or be refused."""
        return self.client.patch(f"{JOBS}/{job['id']}", said, format="json")

    def reports(self, job: Shape, **said: Any) -> Shape:
        """Report and expect it to work."""
        answer = self.patches(job, **said)
        assert answer.status_code == 200, answer.content
        found: Shape = answer.json()
        return found


def cancels(person: ApiUser, job: Shape) -> Any:
    """Ask for a job's end, or be refused."""
    return person.client.post(f"{JOBS}/{job['id']}/cancel")


def job_events(person: ApiUser, after: int = 0) -> list[Shape]:
    """The data of the events `job` of somebody's topic."""
    return [event.data for event in person.events(after) if event.type == "job"]


def notification_events(person: ApiUser) -> list[Shape]:
    return [event.data for event in person.events() if event.type == "notification"]


def pass_time(**since: float) -> None:
    """Let so much time go by for every job."""
    by = timedelta(**since)
    names = ("created_at", "updated_at", "reported_at", "quiet_until")
    Job.objects.update(**{name: F(name) - by for name in names})
