"""Sources are what an answer names, and small talk is answered by the model itself."""

import pytest
from pytest_django import Settings

from chat.assistant.answers import context
from chat.assistant.generators.citations import Citations
from chat.assistant.generators.small_talk import is_small_talk
from chat.assistant.retrieval import Passage
from realtime.database.executor import in_thread
from realtime.runtime import Runtime
from tests.chat.assistant.model_server import ModelServer, Script
from tests.chat.assistant.people import ApiUser, turn
from tests.chat.rooms.test_commands import answers, enters

PASSAGES = [Passage(str(n), f"Guide {n}", "", "x", f"Text {n}.", 0.9, "") for n in range(1, 6)]


@pytest.fixture
def with_model(
    settings: Settings, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> ModelServer:
    """A model, and five passages whatever is asked. Before `runtime`."""
    settings.LLM_BASE_URL, settings.LLM_MODEL = model.url, "model"
    monkeypatch.setattr(context, "retrieve", lambda **_: PASSAGES)
    return model


@pytest.mark.parametrize(
    ("pieces", "text", "sources"),
    [
        (["14 days ", "[", "3", "]. Free [1][3]."], "14 days [1]. Free [2][1].", ["3", "1"]),
        (["Both【2】 [4, 2]"], "Both[1] [2, 1]", ["2", "4"]),
        (["No passage is named."], "No passage is named.", []),
        (["Neither [0], [6] nor [12]"], "Neither [0], [6] nor [12]", []),
    ],
)
async def test_sources_are_the_passages_that_the_answer_names(
    with_model: ModelServer,
    runtime: Runtime,
    alice: ApiUser,
    pieces: list[str],
    text: str,
    sources: list[str],
) -> None:
    with_model.plays(Script(pieces))
    client = await enters(runtime, alice)
    start = await answers(client, "ask", message="How long?")
    await client.receives("done")
    row = await in_thread(turn, int(start["data"]["message_id"]))
    assert (row.content, row.status) == (text, "complete")
    reported = client.all_of("sources")[0]["data"]["sources"]
    assert [each["document_id"] for each in reported] == sources
    assert row.sources == reported


async def test_an_answer_that_is_stopped_has_the_sources_that_it_has_named(
    with_model: ModelServer, runtime: Runtime, alice: ApiUser
) -> None:
    with_model.plays(Script(["14 days [2].", " More [1]"], gated=True))
    client = await enters(runtime, alice)
    start = await answers(client, "ask", message="How long?")
    with_model.lets()
    await client.receives("token")
    message_id = start["data"]["message_id"]
    await answers(client, "stop", message_id=message_id)
    await client.receives("done")
    row = await in_thread(turn, int(message_id))
    assert (row.content, row.status) == ("14 days [1].", "stopped")
    assert [each["document_id"] for each in row.sources] == ["2"]


@pytest.mark.parametrize("message", ["Hello", "안녕하세요!", "👋"])
async def test_small_talk_is_answered_by_the_model_and_has_no_sources(
    with_model: ModelServer, runtime: Runtime, alice: ApiUser, message: str
) -> None:
    with_model.plays(Script(["Hello! How can I help? [1]"]))
    client = await enters(runtime, alice)
    start = await answers(client, "ask", message=message)
    await client.receives("done")
    row = await in_thread(turn, int(start["data"]["message_id"]))
    assert (row.content, row.sources) == ("Hello! How can I help? [1]", [])
    [request] = with_model.requests
    assert [each["role"] for each in request["messages"]] == ["system", "user"]
    assert "Text 1." not in request["messages"][0]["content"]


@pytest.mark.parametrize(
    ("text", "shown", "used"),
    [
        ("`a[1]` is code, [4] is not", "`a[1]` is code, [1] is not", ["4"]),
        ("```\na[2]\n```\n[5]", "```\na[2]\n```\n[1]", ["5"]),
        ("one ` alone\n[2]", "one ` alone\n[1]", ["2"]),
        ("[3](/documents/3)", "[1](/documents/3)", ["3"]),
        ("[5, 9] a[", "[1] a[", ["5"]),
        ("[see 1] [x] [-1]", "[see 1] [x] [-1]", []),
    ],
)
@pytest.mark.once
def test_numbers_are_changed_to_places_in_the_list_wherever_the_text_is_cut(
    text: str, shown: str, used: list[str]
) -> None:
    for cut in range(len(text) + 1):
        citations = Citations(PASSAGES)
        found = citations.feed(text[:cut]) + citations.feed(text[cut:]) + citations.finish()
        assert found == shown
        assert [each.document_id for each in citations.used] == used


@pytest.mark.once
@pytest.mark.parametrize(
    "message",
    ["Hello", "hi!", "Hello there, team", "Thanks a lot!!", "How are you?", "What's up", "👋", "?"]
    + ["안녕하세요! 반가워요", "정말 감사합니다 :)", "좋은 하루 보내세요~", "수고하셨습니다"]
    + ["こんにちは", "你好！", "Danke schön"],
)
def test_greetings_and_the_like_are_small_talk(message: str) -> None:
    assert is_small_talk(message)


@pytest.mark.once
@pytest.mark.parametrize(
    "message",
    ["Hello, how long is the return period?", "How long?", "And now?", "1", "again", "refunds"]
    + ["안녕하세요, 환불은 언제 되나요?", "감사팀 연락처", "휴가", "좋은 휴가", "hello " * 9],
)
def test_what_asks_or_names_anything_is_no_small_talk(message: str) -> None:
    assert not is_small_talk(message)
