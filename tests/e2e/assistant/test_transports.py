"""the raw endpoints: what they refuse, before any model is called, and the answer as a whole."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.chat.assistant.model_server import ModelServer, Script
from tests.chat.assistant.sse import CHAT, Asker, Received, asker
from tests.e2e.deadlines import eventually
from tests.support.json_client import connect
from tests.support.servers import Deployment

ENDPOINTS = [f"{CHAT}/message", f"{CHAT}/stream"]
BEYOND = "The documents do not cover this.\n\n"


async def test_the_whole_answer_comes_as_json(here: Asker, model: ModelServer) -> None:
    model.plays(Script(["Hello", " there"], usage=(7, 2)))
    first = (await here.http.post(f"{CHAT}/message", json={"message": "Who won?"})).json()
    message = first["message"]
    assert (message["content"], message["status"]) == (f"{BEYOND}Hello there", "complete")
    assert (message["role"], message["sources"]) == ("assistant", [])
    assert isinstance(first["conversation_id"], str)
    stored = await here.message(first["conversation_id"], message["message_id"])
    assert stored == message
    # The next question comes with what was said before.
    body = {"message": "And now?", "conversation_id": first["conversation_id"]}
    assert (await here.http.post(f"{CHAT}/message", json=body)).status_code == 200
    sent = [(each["role"], each["content"]) for each in model.requests[-1]["messages"]]
    assert sent[1:3] == [("user", "Who won?"), ("assistant", f"{BEYOND}Hello there")]
    assert sent[-1] == ("user", "And now?")


async def test_a_model_that_fails_is_told_in_plain_words_and_what_was_said_is_kept(
    here: Asker, model: ModelServer
) -> None:
    model.plays(Script(["Hel", "lo"], end="drop"))
    received = await here.asks("Who won?", Received())
    assert received.types == ["start", "sources", "error", "done"]
    assert received.events[-2]["code"] == "MODEL_ERROR"
    assert received.events[-1]["status"] == "failed"
    model.plays(Script(statuses=[401]))
    message = (await here.http.post(f"{CHAT}/message", json={"message": "Who won?"})).json()[
        "message"
    ]
    assert message["status"] == "failed"
    assert message["error"] == {
        "code": "MODEL_ERROR",
        "message": "The model's server does not accept our key",
    }
    stored = await here.message(received.conversation_id, received.message_id)
    assert (stored["content"], received.text) == (f"{BEYOND}Hello", f"{BEYOND}Hello")


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "INVALID"),
        (b"[]", 400, "INVALID"),
        (b"", 400, "INVALID"),
        (b"{}", 400, "INVALID"),
        (b'{"message": 7}', 400, "INVALID"),
        (b'{"message": "  "}', 400, "INVALID"),
        (b'{"message": "a\\u0000"}', 400, "INVALID"),
        (b'{"message": "x", "conversation_id": 7}', 400, "INVALID"),
        (b'{"message": "x", "conversation_id": "x"}', 404, "NOT_FOUND"),
        (b'{"message": "x", "conversation_id": "999999"}', 404, "NOT_FOUND"),
        (b'{"message": "%b"}' % (b"x" * 4_001), 413, "TOO_LONG"),
    ],
    ids=range(11),
)
async def test_bad_questions_are_refused_before_any_model_is_called(
    here: Asker, model: ModelServer, path: str, body: bytes, status: int, code: str
) -> None:
    before = len(model.requests)
    headers = {"Content-Type": "application/json"}
    answer = await here.http.post(path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(model.requests) == before
    assert (await here.http.get(f"{CHAT}/conversations")).json()["results"] == []


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_other_methods_and_other_bodies_are_refused(here: Asker, path: str) -> None:
    answer = await here.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    answer = await here.http.post(path, data={"message": "x"})
    assert (answer.status_code, answer.json()["code"]) == (415, "INVALID")


async def test_one_answer_too_many_is_refused_and_the_others_go_on(
    here: Asker, model: ModelServer
) -> None:
    model.plays(Script(["Hello"], gated=True))
    running = [Received() for _ in range(3)]
    listening = [asyncio.create_task(here.asks("Who won?", received)) for received in running]
    for received in running:
        await eventually(_begun(received), what="it has begun")
    await asyncio.to_thread(model.waits_for, lambda: model.open == 3)
    asked = len(model.requests)
    for path in ENDPOINTS:
        answer = await here.http.post(path, json={"message": "One more"})
        assert (answer.status_code, answer.json()["code"]) == (429, "BUSY")
        assert int(answer.headers["Retry-After"]) > 0
    assert len(model.requests) == asked
    model.lets(3)
    await asyncio.gather(*listening)
    assert all(received.text == f"{BEYOND}Hello" for received in running)


def _begun(received: Received) -> Any:
    async def look() -> bool:
        return len(received.events) > 1

    return look


async def test_streams_count_as_connections_and_refused_ones_ask_nothing(
    site: Deployment, here: Asker, token: str, model: ModelServer
) -> None:
    sockets = [await connect(site.servers[0].ws_url, token) for _ in range(5)]
    for socket in sockets:
        await socket.is_greeted()
    answer = await here.http.post(f"{CHAT}/stream", json={"message": "x"})
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_CONNECTIONS")
    assert (await here.http.get(f"{CHAT}/conversations")).json()["results"] == []
    model.plays(Script(["Hello"]))
    assert (await here.http.post(f"{CHAT}/message", json={"message": "x"})).status_code == 200
    for socket in sockets:
        await socket.close()


# --- resuming --------------------------------------------------------------------------------


async def test_answers_of_others_and_places_that_are_none_are_refused(
    site: Deployment, here: Asker, tokens: list[str], model: ModelServer
) -> None:
    model.plays(Script(["Hello"]))
    received = await here.asks("Who won?", Received())
    path = f"{CHAT}/messages/{received.message_id}/stream"
    async with asker(site.servers[0].url, tokens.pop()) as stranger:
        for name in (received.message_id, "999999", "x", "01"):
            answer = await stranger.http.get(f"{CHAT}/messages/{name}/stream")
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    for place in ("x", "-1", "1.5", "9" * 30):
        answer = await here.http.get(path, headers={"Last-Event-ID": place})
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    answer = await here.http.post(path)
    assert answer.status_code == 405
    seen_all = await here.http.get(path, headers={"Last-Event-ID": received.last_id})
    assert (seen_all.status_code, seen_all.content) == (204, b"")
    # An EventSource cannot send a header the first time.
    part = await here.http.get(path, params={"since": str(len(BEYOND))})
    assert b'{"type":"token","content":"Hello"}' in part.content


async def test_deleting_the_conversation_ends_its_streams(here: Asker, model: ModelServer) -> None:
    model.plays(Script(["Hello"], gated=True))
    received = Received()
    listening = asyncio.create_task(here.asks("Who won?", received))
    await eventually(_begun(received), what="it has begun")
    path = f"{CHAT}/conversations/{received.conversation_id}"
    assert (await here.http.delete(path)).status_code == 204
    async with asyncio.timeout(20):
        await listening
    assert received.events[-1] == {"code": "NOT_FOUND"}
    answer = await here.http.get(f"{CHAT}/messages/{received.message_id}/stream")
    assert answer.status_code == 404
    # The model is not asked for what nobody keeps.
    await asyncio.to_thread(model.waits_for, lambda: model.open == 0)


# --- who comes in ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*ENDPOINTS, f"{CHAT}/messages/1/stream"])
async def test_without_a_good_credential_nobody_comes_in(site: Deployment, path: str) -> None:
    method = "GET" if path.endswith("1/stream") else "POST"
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as http:
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Api-Key x"}):
            body = None if method == "GET" else {"message": "x"}
            answer = await http.request(method, path, json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_ERROR")
            assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_with_the_cookie_a_question_needs_the_csrf_token_and_no_foreign_page(
    site: Deployment, token: str, model: ModelServer, path: str
) -> None:
    model.plays(Script(["Hello"]))
    async with httpx.AsyncClient(base_url=site.url, trust_env=False, timeout=60) as http:
        http.cookies.set("access_token", token)
        csrf = (await http.get("/api/v1/auth/csrf")).json()["csrf_token"]
        good = {"X-CSRFToken": csrf}
        foreign = {**good, "Origin": "https://evil.example"}
        for headers in ({}, {"X-CSRFToken": "x"}, foreign):
            answer = await http.post(path, json={"message": "x"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
        before = len(model.requests)
        answer = await http.post(path, json={"message": "x"}, headers=good)
        assert answer.status_code == 200
        assert len(model.requests) == before + 1
