"""What a newcomer sees without writing anything."""

import re

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import ServiceKey
from notifications import types
from notifications.demo import STORIES, TASKS
from tests.notifications.people import ApiUser, send_to
from tests.support.databases import manage
from tests.support.processes import free_port
from tests.support.servers import Deployment


@pytest.fixture(autouse=True)
def _development(settings: Settings) -> None:
    settings.DEBUG = True


def test_newcomers_find_a_few_notifications_once(alice: ApiUser, bob: ApiUser) -> None:
    send_to(bob.id)
    call_command("demo_data")
    call_command("demo_data")
    assert alice.count() == 4
    assert bob.count() == 1, "who has some gets none"


@pytest.mark.parametrize("command", ["demo_data", "demo"])
def test_only_in_development(settings: Settings, command: str) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=1"):
        call_command(command)


def test_the_stories_are_of_every_kind_and_in_two_languages() -> None:
    found = [types.find(story.type) for story in STORIES]
    assert all(found)
    assert {kind.category for kind in found if kind} >= {"shopping", "blog", "prism", "system"}
    korean = [story for story in STORIES if re.search("[가-힣]", story.title)]
    assert 0 < len(korean) < len(STORIES)


def test_without_a_server_it_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="make run"):
        call_command("demo", url=f"http://127.0.0.1:{free_port()}")
    assert not ServiceKey.objects.filter(revoked_at=None).exists()


def test_it_rings_through_the_running_server(deployment: Deployment) -> None:
    environment = deployment.environment
    manage("demo_users", env=environment)
    url = deployment.servers[0].url
    said = manage("demo", f"--url={url}", "--count=3", "--interval=0", env=environment)
    lines = [line.split("->") for line in said.splitlines()]
    kinds = [kind.strip() for kind, _ in lines]
    assert [kind for kind in kinds if not kind.startswith("job")] == [
        story.type for story in STORIES[:3]
    ]
    assert [kind for kind in kinds if kind.startswith("job")] == ["job", "job succeeded"]


def test_the_tasks_end_well_and_badly_and_their_bars_only_grow() -> None:
    assert {task.status for task in TASKS} == {"succeeded", "failed"}
    for task in TASKS:
        *way, end = task.reports()
        assert end == {"status": task.status, "message": task.end}
        progress = [report["progress"] for report in way]
        assert progress == sorted(set(progress))
        assert 0 < progress[0] <= progress[-1] < 1
