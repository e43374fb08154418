"""A client that polls too seldom: let go when its outbox is full, and nothing is lost by it."""

import json
from typing import Any

import pytest

from tests.conformance.sockjs.client import SockJSClient
from tests.conformance.sockjs.company import Company, People
from tests.conformance.sockjs.http import post
from tests.support.servers import Deployment, Server

# Few, for the session is forgotten 5 s after it was closed, and all of them are sent before that.
FRAMES = 5
MESSAGES = [f"news {number}" for number in range(3 * FRAMES)]


@pytest.fixture(scope="module")
def server(deployment: Deployment) -> Server:
    """An instance with a small outbox."""
    return deployment.add(BELLWIRE_OUTBOX_FRAMES=FRAMES)


def said(frames: str) -> list[dict[str, Any]]:
    """The JSON messages in the answer of a poll."""
    lines = [line for line in frames.splitlines() if line.startswith("a")]
    return [json.loads(text) for line in lines for text in json.loads(line[1:])]


async def test_who_does_not_poll_is_let_go_with_1013_and_resumes_with_nothing_lost(
    deployment: Deployment, server: Server
) -> None:
    people, company = People(deployment, "ann", "bob"), Company(deployment)
    token, user_id = await people.sign_in("ann")
    url, query = f"{server.url}/ws/000/slowpoll", f"?token={token}"
    subscribe = {"type": "subscribe", "data": {"topic": f"users/{user_id}"}}

    assert (await post(f"{url}/xhr{query}", "")).text == "o\n"
    assert (await post(f"{url}/xhr_send{query}", json.dumps([json.dumps(subscribe)]))).status == 204
    received: list[dict[str, Any]] = []
    while not any(message["type"] == "subscribed" for message in received):
        received += said((await post(f"{url}/xhr{query}", "")).text)
    [start] = [message for message in received if message["type"] == "subscribed"]

    # Nobody polls now.
    await company.notify(user_id, *MESSAGES, server=server)
    answers = ""
    while "c[" not in answers:
        answers += (await post(f"{url}/xhr{query}", "")).text
    assert 'c[1013,"Slow consumer"]' in answers
    got = [message for message in said(answers) if message["type"] == "notification"]
    reached = got[-1]["offset"] if got else start["offset"]
    assert len(got) <= FRAMES

    # It comes back and goes on where it was, polling as it should.
    position = {"epoch": start["epoch"], "offset": reached}
    async with SockJSClient(lambda _: f"{server.url}/ws", query=query) as ann:
        await ann.send_message({**subscribe, "data": {**subscribe["data"], **position}})  # type: ignore[dict-item]
        rest = await ann.receives("notification", len(MESSAGES) - len(got))
    whole = [message["data"]["message"] for message in [*got, *rest]]
    assert whole == MESSAGES
