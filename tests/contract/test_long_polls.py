"""What only long polls have."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx
import pytest

from tests.contract.lines import in_header
from tests.contract.site import BROADCAST, ApiUser, Site
from tests.support.deadlines import PATIENCE_S

PATH = "/long-polling/notifications"
# A poll that nobody shortens.
WAITS_S = 30.0
Poll = Callable[..., Coroutine[Any, Any, httpx.Response]]


@pytest.fixture
async def poll(site: Site) -> AsyncIterator[Poll]:
    """`await poll(alice, since=…, timeout=…)`: one request."""
    async with httpx.AsyncClient(base_url=site.url, timeout=PATIENCE_S, trust_env=False) as http:

        async def ask(person: ApiUser, path: str = PATH, **params: str) -> httpx.Response:
            return await http.get(path, params=params, headers=in_header(person.token))

        yield ask


def _position(answer: httpx.Response) -> str:
    position: str = answer.headers["Realtime-Position"]
    return position


async def test_what_is_newer_is_answered_at_once_with_the_next_since(
    site: Site, poll: Poll
) -> None:
    alice = site.person()
    await site.publishes((alice.topic, "one"), (alice.topic, "two"))
    answer = await poll(alice, since="0")
    assert [body["message"] for body in answer.json()] == ["one", "two"]
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert "Realtime-Recovered" not in answer.headers
    epoch, everyones = site.head(BROADCAST)
    assert _position(answer) == f"{epoch}:2;{epoch}:{everyones}"
    await site.publishes((alice.topic, "three"))
    again = await poll(alice, since=_position(answer))
    assert [body["message"] for body in again.json()] == ["three"]


async def test_a_poll_without_since_waits_for_what_comes_next(site: Site, poll: Poll) -> None:
    alice = site.person()
    await site.publishes((alice.topic, "before"))
    waiting = asyncio.create_task(poll(alice))
    async with asyncio.timeout(PATIENCE_S):
        n = 0
        while not waiting.done():
            n += 1
            await site.sends(alice, f"after {n}")
    [first, *_] = waiting.result().json()
    assert first["message"].startswith("after")


async def test_timeout_shortens_the_waiting_and_an_empty_answer_has_a_position(
    site: Site, poll: Poll
) -> None:
    alice = site.person()
    clock = asyncio.get_running_loop().time
    for seconds in (0, 1):
        began = clock()
        answer = await poll(alice, timeout=str(seconds))
        assert answer.json() == []
        assert seconds <= clock() - began < WAITS_S
        epoch, everyones = site.head(BROADCAST)
        assert _position(answer) == f"{epoch}:0;{epoch}:{everyones}"


async def test_an_empty_answer_goes_on_over_what_is_not_shown(site: Site, poll: Poll) -> None:
    alice = site.person()
    [sent] = await site.sends(alice, "one")
    received = await poll(alice, since="0")
    await site.reads(alice, sent)
    answer = await poll(alice, since=_position(received), timeout="0")
    assert answer.json() == []
    epoch, _ = site.head(alice.topic)
    assert _position(answer).startswith(f"{epoch}:2;")


async def test_a_gap_is_told_at_once(site: Site, poll: Poll) -> None:
    alice = site.person()
    await site.publishes((alice.topic, "one"))
    answer = await poll(alice, since="elsewhere:1")
    assert answer.json() == []
    assert answer.headers["Realtime-Recovered"] == "false"
    epoch, _ = site.head(alice.topic)
    assert _position(answer).startswith(f"{epoch}:1;")


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "x"},
        {"since": "1;2;3"},
        {"since": "-1"},
        {"timeout": "soon"},
        {"timeout": "-1"},
        {"timeout": "1.5"},
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_refused(
    site: Site, poll: Poll, wrong: dict[str, str]
) -> None:
    answer = await poll(site.person(), **wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")


async def test_polls_do_not_count_toward_a_users_connections(site: Site, poll: Poll) -> None:
    alice = site.person()
    waiting = [asyncio.create_task(poll(alice, since="0")) for _ in range(8)]
    await site.sends(alice, "to all of them")
    answers = await asyncio.gather(*waiting)
    assert [answer.status_code for answer in answers] == [200] * 8


async def test_any_topics_are_polled_in_their_envelopes(site: Site, poll: Poll) -> None:
    alice, bob = site.person(), site.person("bob")
    await site.publishes((alice.topic, "one"))
    epoch, everyones = site.head(BROADCAST)
    path, both = "/long-polling", f"{alice.topic},broadcast"
    here = await poll(alice, path, topic=both, timeout="0")
    assert here.json() == []
    assert _position(here) == f"{epoch}:1;{epoch}:{everyones}"
    await site.publishes((alice.topic, "two"))
    answer = await poll(alice, path, topic=both, since=_position(here))
    [event] = answer.json()
    assert (event["type"], event["topic"], event["offset"]) == ("notification", alice.topic, 2)
    assert _position(answer) == f"{epoch}:2;{epoch}:{everyones}"
    refused = await poll(alice, path, topic=bob.topic)
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
