"""Answers over real processes: cut anywhere, resumed anywhere, killed in the middle."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from chat.assistant import limits
from tests.chat.assistant.model_server import ModelServer, Script
from tests.chat.assistant.sse import CHAT, Asker, Received, asker
from tests.e2e.deadlines import eventually
from tests.support.deadlines import cancelled
from tests.support.json_client import connect
from tests.support.servers import Deployment, Server

PIECES = ["Goods ", "가 ", "can be ", "sent 🙂", " back\u2028 within ", "14 days."]
ANSWER = "The documents do not cover this.\n\n" + "".join(PIECES)
# The answers that are cut: as slow as they must be for each piece to be an event of its own.
SLOW = Script(PIECES, pace_s=0.12)


def is_whole(received: Received, stored: dict[str, Any]) -> None:
    """What was heard, in however many parts, is the stored answer, and each end came once."""
    assert received.text == stored["content"]
    assert received.types == ["start", "sources", "done"]
    assert received.events[-1]["status"] == stored["status"]
    assert received.last_id == stored["last_event_id"]


async def test_an_answer_that_is_not_cut_is_the_stored_one(here: Asker, model: ModelServer) -> None:
    model.plays(Script(PIECES, gated=True))
    received = Received()
    listening = asyncio.create_task(here.asks("How long?", received))
    for piece in PIECES:
        # Each is heard before there is another.
        model.lets(1)
        await eventually(_has(received, piece), what=f"{piece!r} came")
    await listening
    stored = await here.message(received.conversation_id, received.message_id)
    is_whole(received, stored)
    assert (stored["content"], stored["status"]) == (ANSWER, "complete")
    assert len([event for event in received.events if event["type"] == "token"]) > len(PIECES)
    assert model.keys[-1] == "bearer key"


async def test_cut_after_every_single_event_and_resumed_it_is_whole(
    here: Asker, there: Asker, model: ModelServer
) -> None:
    """Each connection brings one event and is cut; the next is to the other instance."""
    model.plays(SLOW)
    received = Received()
    async for _ in here.stream(received, message="How long?"):
        break
    cuts = 0
    while not received.ended:
        cuts += 1
        async for _ in (there if cuts % 2 else here).resumes(received):
            break
    stored = await here.message(received.conversation_id, received.message_id)
    is_whole(received, stored)
    assert stored["content"] == ANSWER
    # All of it was heard: there is nothing more.
    seen = len(received.events)
    assert len((await there.receives_answer(received)).events) == seen


async def test_resumed_from_every_event_after_the_end_it_is_whole(
    here: Asker, there: Asker, model: ModelServer
) -> None:
    model.plays(SLOW)
    whole = Received()
    ids = [whole.last_id async for _ in here.stream(whole, message="How long?")]
    stored = await here.message(whole.conversation_id, whole.message_id)
    for count, last_id in enumerate(ids, 1):
        part = Received(whole.events[:count], last_id)
        is_whole(await there.receives_answer(part), stored)
    # By any character too, and from nothing.
    for place in range(1, len(ANSWER)):
        part = Received([whole.events[0], {"type": "token", "content": ANSWER[:place]}], str(place))
        is_whole(await there.receives_answer(part), stored)
    is_whole(await there.receives_answer(Received(), whole.message_id), stored)


async def test_on_the_socket_cut_after_every_event_and_resumed_it_is_whole(
    site: Deployment, here: Asker, token: str, model: ModelServer
) -> None:
    model.plays(SLOW)
    urls = [site.servers[0].ws_url, site.servers[-1].ws_url]
    client = await connect(urls[0], token, path="/ws/chat")
    await client.sends_command("ask", ref="r", message="How long?")
    start = await client.receives("start")
    topic = start["topic"]
    assert (start["ref"], topic) == ("r", f"conversations/{start['data']['conversation_id']}")
    received = list(client.events(topic))
    cuts = 0
    while received[-1]["type"] != "done":
        client.cut()
        cuts += 1
        last = received[-1]
        client = await connect(urls[cuts % 2], token, path="/ws/chat")
        answer = await client.subscribes(topic, (last["epoch"], last["offset"]))
        assert answer["recovered"]
        await client.until(lambda it=client: it.events(topic))  # type: ignore[misc]
        received.append(client.events(topic)[0])
    await client.close()
    assert [event["offset"] for event in received] == list(range(1, len(received) + 1))
    await _is_the_stored(here, received)


async def test_a_second_tab_on_the_topic_hears_the_same_and_goes_on_at_the_stream(
    site: Deployment, here: Asker, there: Asker, token: str, model: ModelServer
) -> None:
    model.plays(Script(PIECES, gated=True))
    first = Received()
    async for _ in here.stream(first, message="How long?"):
        break
    topic = f"conversations/{first.conversation_id}"
    tab = await connect(site.servers[-1].ws_url, token, path="/ws/chat")
    subscribed = await tab.subscribes(topic)
    [so_far] = subscribed["snapshot"]["streaming"]

    def news() -> list[dict[str, Any]]:
        """What the snapshot, which is read after the head, does not have already."""
        data = [event["data"] for event in tab.all_of("token")]
        return [each for each in data if int(each["id"]) > int(so_far["last_event_id"])]

    model.lets(1)
    [event, *_] = await tab.until(news)
    tab.cut()
    # What the snapshot and the event hold together is what the stream goes on behind.
    held = Received(
        [first.events[0], {"type": "token", "content": so_far["content"] + event["content"]}],
        event["id"],
    )
    model.lets(len(PIECES))
    await asyncio.gather(there.receives_answer(held), here.receives_answer(first))
    stored = await here.message(first.conversation_id, first.message_id)
    is_whole(held, stored)
    is_whole(first, stored)


async def _is_the_stored(here: Asker, events: list[dict[str, Any]]) -> None:
    data = [event["data"] for event in events]
    stored = await here.message(data[0]["conversation_id"], data[0]["message_id"])
    text = "".join(each["content"] for each in data if "content" in each)
    assert text == stored["content"] == ANSWER
    types = [event["type"] for event in events if event["type"] != "token"]
    assert types == ["start", "sources", "done"]
    assert data[-1]["id"] == stored["last_event_id"]


async def test_who_closes_the_browser_finds_the_answer_on_return(
    here: Asker, there: Asker, model: ModelServer
) -> None:
    model.plays(SLOW)
    received = Received()
    async for _ in here.stream(received, message="How long?"):
        break

    async def ended() -> bool:
        stored = await there.message(received.conversation_id, received.message_id)
        done: bool = stored["status"] == "complete"
        return done

    await eventually(ended, what="the answer is finished without a listener")
    stored = await there.message(received.conversation_id, received.message_id)
    assert stored["content"] == ANSWER


async def test_an_answer_is_stopped_from_another_instance_and_keeps_what_it_has(
    here: Asker, there: Asker, model: ModelServer
) -> None:
    model.plays(Script(PIECES, gated=True))
    received = Received()
    listening = asyncio.create_task(here.asks("How long?", received))
    await eventually(_first_words(received), what="it has begun")
    model.lets(2)
    await eventually(_has(received, "가 "), what="two pieces came")
    stopped = await there.http.post(f"{CHAT}/messages/{received.message_id}/stop")
    assert (stopped.status_code, stopped.json()["status"]) == (200, "stopped")
    await listening
    stored = await there.message(received.conversation_id, received.message_id)
    is_whole(received, stored)
    assert stored["content"].endswith("Goods 가 ")
    # Its worker gives it up, although the model says nothing more.
    await asyncio.to_thread(model.waits_for, lambda: model.open == 0)
    again = await here.http.post(f"{CHAT}/messages/{received.message_id}/stop")
    assert again.json() == stopped.json()


def _first_words(received: Received) -> Any:
    return _has(received, "this.")


def _has(received: Received, text: str) -> Any:
    async def look() -> bool:
        return text in received.text

    return look


@asynccontextmanager
async def _in_the_middle(
    site: Deployment, token: str, model: ModelServer, **settings: object
) -> AsyncIterator[tuple[Server, Received, "asyncio.Task[None]"]]:
    """An instance of its own that is in the middle of an answer, and its listener."""
    server = await asyncio.to_thread(lambda: site.add(**settings))  # type: ignore[arg-type]
    model.plays(Script(PIECES, gated=True))
    received = Received()

    async def listen() -> None:
        async with asker(server.url, token) as person:
            with contextlib.suppress(httpx.HTTPError):
                await person.asks("How long?", received)

    async def comes(text: str) -> None:
        async def look() -> bool:
            if listening.done():
                listening.result()
            return text in received.text

        await eventually(look, what=f"{text!r} came")

    listening = asyncio.create_task(listen())
    try:
        await comes("this.")
        model.lets(2)
        await comes("가 ")
        yield server, received, listening
    finally:
        # Frozen, it would keep what it has locked from all later tests.
        await asyncio.to_thread(server.end)
        await cancelled([listening])


async def test_of_a_killed_instance_the_answer_is_interrupted_and_can_be_asked_for_again(
    site: Deployment, here: Asker, token: str, model: ModelServer
) -> None:
    async with _in_the_middle(site, token, model) as (server, received, listening):
        await asyncio.to_thread(server.kill)
        await listening
    # Its last sign of life may be as old as the kill; the next look comes one beat later.
    assert limits.STALE_S + limits.HEARTBEAT_S < 15
    # Who resumes meanwhile waits with it, and is told as soon as it is known.
    await here.receives_answer(received)
    assert received.types == ["start", "sources", "error", "done"]
    assert received.events[-2]["code"] == "INTERRUPTED"
    stored = await here.message(received.conversation_id, received.message_id)
    assert stored["status"] == received.events[-1]["status"] == "interrupted"
    assert received.text == stored["content"]
    assert stored["content"].endswith("Goods 가 ")

    model.plays(Script(PIECES))
    begun = await here.http.post(f"{CHAT}/messages/{received.message_id}/regenerate")
    assert begun.status_code == 201, begun.text
    again = await here.receives_answer(Received(), begun.json()["message"]["message_id"])
    second = await here.message(received.conversation_id, again.message_id)
    is_whole(again, second)
    assert (second["content"], second["status"]) == (ANSWER, "complete")
    assert second["answers"] == stored["answers"]
    # Beside it, not in its place.
    assert await here.message(received.conversation_id, received.message_id) == stored


# On SQLite it may be frozen while it holds the one lock, and then nobody writes anything.
@pytest.mark.full_only
async def test_a_frozen_instance_that_wakes_writes_nothing_into_the_answer_it_has_lost(
    site: Deployment, here: Asker, token: str, model: ModelServer
) -> None:
    async with _in_the_middle(site, token, model) as (server, received, listening):
        server.freeze()
        # Meanwhile the model goes on.
        model.lets(len(PIECES))
        follower = Received(list(received.events), received.last_id)
        await here.receives_answer(follower)
        stored = await here.message(received.conversation_id, received.message_id)
        assert stored["status"] == "interrupted"
        server.thaw()
        # It says that it lives, and is given new answers; the old one stays as it is.
        async with asker(server.url, token) as person:
            model.plays(Script(PIECES))
            assert (await person.asks("And now?", Received())).ended
            assert await person.message(received.conversation_id, received.message_id) == stored
        await listening
        is_interrupted = ["start", "sources", "error", "done"]
        assert received.types == follower.types == is_interrupted
        assert received.text == follower.text == stored["content"]
        assert await asyncio.to_thread(server.stop) == 0


async def test_sigterm_lets_an_answer_be_finished_and_sends_its_listener_elsewhere(
    site: Deployment, here: Asker, token: str, model: ModelServer
) -> None:
    async with _in_the_middle(site, token, model) as (server, received, listening):
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        await listening
        assert not received.ended
        model.lets(len(PIECES))
        await here.receives_answer(received)
        stored = await here.message(received.conversation_id, received.message_id)
        is_whole(received, stored)
        assert (stored["status"], stored["content"]) == ("complete", ANSWER)
        assert await stopping == 0


async def test_sigterm_interrupts_an_answer_that_does_not_end_in_time(
    site: Deployment, here: Asker, token: str, model: ModelServer
) -> None:
    soon = {"BELLWIRE_ANSWERS_FINISH_S": 2}
    async with _in_the_middle(site, token, model, **soon) as (server, received, listening):
        # By itself it ends: it is not killed because it did not.
        assert await asyncio.to_thread(server.stop) == 0
        await listening
    await here.receives_answer(received)
    stored = await here.message(received.conversation_id, received.message_id)
    assert (stored["status"], received.types[-2:]) == ("interrupted", ["error", "done"])
    assert received.text == stored["content"]
    assert received.text.endswith("Goods 가 ")
