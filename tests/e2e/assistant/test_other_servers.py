"""daphne, and nginx before the instances: an answer comes as it is written, and is resumed."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.chat.assistant.model_server import ModelServer, Script
from tests.chat.assistant.sse import CHAT, Asker, Received, asker
from tests.support.balancer import Balancer
from tests.support.json_client import connect
from tests.support.servers import Deployment, Server

PIECES = ["Goods ", "가 ", "can be ", "sent 🙂"]


@pytest.fixture(scope="module")
def ours(site: Deployment) -> list[Server]:
    """The instances that are there for every test, without those that one has killed."""
    return [server for server in site.servers if server.running]


@pytest.fixture(scope="module")
def daphne(site: Deployment, ours: list[Server]) -> Iterator[str]:
    server = site.add(program="daphne")
    yield server.url
    # The tests that come after count the instances.
    site.servers.remove(server)
    server.end()


@pytest.fixture(params=["daphne", "nginx"])
async def elsewhere(
    request: pytest.FixtureRequest, ours: list[Server], token: str
) -> AsyncIterator[Asker]:
    url: str
    if request.param == "daphne":
        url = request.getfixturevalue("daphne")
    else:
        balancer: Callable[..., Balancer] = request.getfixturevalue("balancer")
        url = balancer(*ours).url
    async with asker(url, token) as made:
        yield made


async def test_an_answer_comes_as_it_is_written_and_is_whole_over_a_break(
    elsewhere: Asker, model: ModelServer
) -> None:
    model.plays(Script(PIECES, gated=True))
    received = Received()
    for piece in PIECES:
        # Each leaves the model when the one before has been heard: none waits in a buffer.
        model.lets()
        listening = (
            elsewhere.resumes(received)
            if received.events
            else elsewhere.stream(received, message="?")
        )
        async for _ in listening:
            if received.text.endswith(piece):
                break
        assert received.text.endswith(piece)
    await elsewhere.receives_answer(received)
    stored = await elsewhere.message(received.conversation_id, received.message_id)
    assert received.text == stored["content"]
    assert received.text.endswith("".join(PIECES))
    assert received.types == ["start", "sources", "done"]
    assert stored["status"] == "complete"


async def test_the_whole_answer_and_the_refusals_come_as_elsewhere(
    elsewhere: Asker, model: ModelServer
) -> None:
    model.plays(Script(["Hello"]))
    answer = await elsewhere.http.post(f"{CHAT}/message", json={"message": "Hi"})
    assert answer.json()["message"]["content"].endswith("Hello")
    for body, status, code in [
        ({"message": "x" * 4_001}, 413, "TOO_LONG"),
        ({"message": 7}, 400, "INVALID"),
        ({"message": "x", "conversation_id": "999999"}, 404, "NOT_FOUND"),
    ]:
        refused = await elsewhere.http.post(f"{CHAT}/stream", json=body)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    refused = await elsewhere.http.post(
        f"{CHAT}/stream", json={"message": "Hi"}, headers={"Authorization": "Bearer x"}
    )
    assert (refused.status_code, refused.json()["code"]) == (401, "AUTH_ERROR")


async def test_the_socket_streams_and_stops(
    elsewhere: Asker, model: ModelServer, token: str
) -> None:
    model.plays(Script(PIECES, gated=True))
    ws_url = elsewhere.url.replace("http", "ws", 1)
    async with await connect(ws_url, token, path="/ws/chat") as client:
        await client.sends_command("ask", message="?")
        start = (await client.receives("start"))["data"]
        model.lets()
        await client.until(
            lambda: any(PIECES[0] in frame["data"]["content"] for frame in client.all_of("token"))
        )
        await client.sends_command("stop", message_id=start["message_id"])
        done = (await client.receives("done"))["data"]
    assert done["status"] == "stopped"
    stored = await elsewhere.message(start["conversation_id"], start["message_id"])
    assert stored["status"] == "stopped"
    assert stored["content"].endswith(PIECES[0])
