"""SockJS 0.3.3: sessions and their transports, against the services of its own test suite."""

import json
import re

import pytest

from tests.conformance.sockjs.http import (
    Answer,
    fresh,
    get,
    polls,
    post,
    stream,
)
from tests.conformance.sockjs.test_conformance_pages import is_not_cached, is_open_to, type_of
from tests.support.servers import Server

FORM = "application/x-www-form-urlencoded"
STILL_OPEN = 'c[2010,"Another connection still open"]'
GO_AWAY = 'c[3000,"Go away!"]'
INTERRUPTED = 'c[1002,"Connection interrupted"]'
PRELUDE = "h" * 2048 + "\n"


async def test_a_session_opens_echoes_and_lets_one_receiver_wait(echo: str) -> None:
    session = fresh(echo)
    assert (await post(f"{session}/xhr")).text == "o\n"
    sent = await post(f"{session}/xhr_send", '["a"]')
    assert (sent.status, sent.body) == (204, b"")
    assert (await post(f"{session}/xhr")).text == 'a["a"]\n'
    refused, waiting = await polls(f"{session}/xhr", f"{session}/xhr")
    async with waiting:
        assert (refused.status, refused.text) == (200, f"{STILL_OPEN}\n")
        await post(f"{session}/xhr_send", '["b"]')
        assert (await (await waiting.begun()).whole()).text == 'a["b"]\n'


async def test_the_server_id_does_not_matter(echo: str) -> None:
    session = fresh(echo)
    other = session.replace("/000/", "/999/")
    assert (await post(f"{session}/xhr")).text == "o\n"
    assert (await post(f"{session}/xhr_send", '["a"]')).status == 204
    assert (await post(f"{other}/xhr")).text == 'a["a"]\n'


async def test_a_closed_session_says_so_to_everybody(close: str) -> None:
    session = fresh(close)
    assert (await post(f"{session}/xhr")).text == "o\n"
    for _ in range(3):
        assert (await post(f"{session}/xhr")).text == f"{GO_AWAY}\n"


async def test_what_is_sent_to_a_session_that_is_not_there_is_not_found(echo: str) -> None:
    assert (await post(f"{fresh(echo)}/xhr_send", '["x"]')).status == 404


async def test_polling_says_what_its_answers_are(echo: str) -> None:
    session = fresh(echo)
    opened = await post(f"{session}/xhr")
    assert type_of(opened) == "application/javascript;charset=UTF-8"
    assert is_open_to(opened)
    assert is_not_cached(opened)
    sent = await post(f"{session}/xhr_send", '["x"]')
    assert type_of(sent) == "text/plain;charset=UTF-8"
    assert is_open_to(sent)
    assert is_not_cached(sent)


async def test_a_body_that_is_no_array_is_refused_and_the_session_goes_on(echo: str) -> None:
    session = fresh(echo)
    await post(f"{session}/xhr")
    broken = await post(f"{session}/xhr_send", '["x')
    assert (broken.status, broken.text) == (500, "Broken JSON encoding.")
    nothing = await post(f"{session}/xhr_send")
    assert (nothing.status, nothing.text) == (500, "Payload expected.")
    assert (await post(f"{session}/xhr_send", "[1]")).status == 500
    assert (await post(f"{session}/xhr_send", "[" * 60_000)).status == 500
    assert (await post(f"{session}/xhr_send", '["' + "x" * 65_536 + '"]')).status == 413
    assert (await post(f"{session}/xhr_send", '["a"]')).status == 204
    assert (await post(f"{session}/xhr")).text == 'a["a"]\n'


async def test_the_content_type_of_a_body_does_not_matter(echo: str) -> None:
    session = fresh(echo)
    await post(f"{session}/xhr")
    types = [
        "text/plain",
        "T",
        "application/json",
        "application/xml",
        "",
        "text/xml; charset=utf-8",
    ]
    for each in types:
        assert (await post(f"{session}/xhr_send", '["a"]', content_type=each)).status == 204
    assert json.loads((await post(f"{session}/xhr")).text[1:]) == ["a"] * len(types)


async def test_a_stream_carries_frames_until_its_limit(echo: str) -> None:
    session = fresh(echo)
    async with await stream("POST", f"{session}/xhr_streaming") as response:
        assert response.status == 200
        assert response.headers["content-type"] == "application/javascript; charset=UTF-8"
        assert "content-length" not in response.headers
        assert await response.text() == PRELUDE
        assert await response.text() == "o\n"
        message = json.dumps("x" * 128)
        for _ in range(31):
            assert (await post(f"{session}/xhr_send", f"[{message}]")).status == 204
            assert await response.text() == f"a[{message}]\n"
        assert await response.chunk() == b""
    async with await stream("POST", f"{session}/xhr_streaming") as response:
        assert await response.text() == PRELUDE
        await post(f"{session}/xhr_send", '["again"]')
        assert await response.text() == 'a["again"]\n'


async def test_event_source_carries_frames_in_its_own_lines(echo: str) -> None:
    session = fresh(echo)
    async with await stream("GET", f"{session}/eventsource") as response:
        assert response.headers["content-type"] == "text/event-stream; charset=UTF-8"
        assert is_not_cached(Answer(200, response.headers, b""))
        assert await response.text() == "\r\n"
        assert await response.text() == "data: o\r\n\r\n"
        await post(f"{session}/xhr_send", '["x"]')
        assert await response.text() == 'data: a["x"]\r\n\r\n'
        await post(f"{session}/xhr_send", r'["  \u0000\n\r "]')
        assert await response.text() == 'data: a["  \\u0000\\n\\r "]\r\n\r\n'
        # Its clients decode percent signs.
        await post(f"{session}/xhr_send", '["100%"]')
        assert await response.text() == 'data: a["100%25"]\r\n\r\n'
        message = json.dumps("x" * 4096)
        await post(f"{session}/xhr_send", f"[{message}]")
        assert await response.text() == f"data: a[{message}]\r\n\r\n"
        assert await response.chunk() == b""


async def test_html_file_carries_frames_in_scripts(echo: str) -> None:
    session = fresh(echo)
    async with await stream("GET", f"{session}/htmlfile?c=%63allback") as response:
        assert response.headers["content-type"] == "text/html; charset=UTF-8"
        assert is_not_cached(Answer(200, response.headers, b""))
        head = await response.text()
        assert len(head) > 1024
        assert head.startswith("<!doctype html>\n<html><head>\n")
        assert "var c = parent.callback;\n" in head
        assert await response.text() == '<script>\np("o");\n</script>\r\n'
        await post(f"{session}/xhr_send", '["x"]')
        assert await response.text() == '<script>\np("a[\\"x\\"]");\n</script>\r\n'
        await post(f"{session}/xhr_send", '["</script>"]')
        assert "</script>" not in (await response.text()).removesuffix("</script>\r\n")
        await post(f"{session}/xhr_send", json.dumps(["x" * 4096]))
        assert "x" * 4096 in await response.text()
        assert await response.chunk() == b""


@pytest.mark.parametrize("transport", ["htmlfile", "jsonp"])
async def test_a_callback_is_required_and_is_a_name(echo: str, transport: str) -> None:
    without = await get(f"{echo}/a/a/{transport}")
    assert without.status == 500
    assert '"callback" parameter required' in without.text
    code = await get(f"{echo}/a/a/{transport}?c=alert(1)//")
    assert code.status == 500
    assert "alert" not in code.text


async def test_jsonp_polls_by_scripts_and_sends_by_forms(echo: str) -> None:
    session = fresh(echo)
    opened = await get(f"{session}/jsonp?c=%63allback")
    assert opened.text == 'callback("o");\r\n'
    assert type_of(opened) == "application/javascript;charset=UTF-8"
    assert is_not_cached(opened)
    sent = await post(f"{session}/jsonp_send", "d=%5B%22x%22%5D", content_type=FORM)
    assert (sent.status, sent.text) == (200, "ok")
    assert type_of(sent) == "text/plain;charset=UTF-8"
    assert is_not_cached(sent)
    assert (await get(f"{session}/jsonp?c=x")).text == 'x("a[\\"x\\"]");\r\n'
    broken = await post(f"{session}/jsonp_send", "d=%5B%22x", content_type=FORM)
    assert (broken.status, broken.text) == (500, "Broken JSON encoding.")
    for body in ("", "d=", "p=p"):
        answer = await post(f"{session}/jsonp_send", body, content_type=FORM)
        assert (answer.status, answer.text) == (500, "Payload expected.")
    await post(f"{session}/jsonp_send", "d=%5B%22abc%22%5D", content_type=FORM)
    await post(f"{session}/jsonp_send", '["%61bc"]', content_type="text/plain")
    received = (await get(f"{session}/jsonp?c=x")).text
    assert received == 'x("a[\\"abc\\",\\"%61bc\\"]");\r\n'


async def test_jsonp_tells_that_a_session_is_closed(close: str) -> None:
    session = fresh(close)
    assert (await get(f"{session}/jsonp?c=x")).text == 'x("o");\r\n'
    for _ in range(2):
        assert (await get(f"{session}/jsonp?c=x")).text == 'x("c[3000,\\"Go away!\\"]");\r\n'


async def test_what_browsers_mangle_is_escaped(echo: str) -> None:
    session = fresh(echo)
    await post(f"{session}/xhr")
    mangled = re.compile("[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]")
    letters = [chr(code) for code in range(255, 0x10000) if mangled.match(chr(code))]
    assert (await post(f"{session}/xhr_send", '["' + "".join(letters) + '"]')).status == 204
    received = (await post(f"{session}/xhr")).text
    assert received == 'a["' + "".join(f"\\u{ord(each):04x}" for each in letters) + '"]\n'


async def test_every_escaped_character_is_understood(echo: str) -> None:
    session = fresh(echo)
    await post(f"{session}/xhr")
    # Halves of pairs too: JavaScript's strings may hold them.
    text = "".join(map(chr, [*range(0x100), 0xD800, 0x20, 0xDFFF, *range(0x2000, 0x2100), 0xFFFF]))
    await post(f"{session}/xhr_send", json.dumps([text]))
    assert json.loads((await post(f"{session}/xhr")).text[1:]) == [text]


async def test_a_stream_is_told_of_the_close_and_ends(close: str) -> None:
    session = fresh(close)
    async with await stream("POST", f"{session}/xhr_streaming") as first:
        assert await first.text() == PRELUDE
        assert await first.text() == "o\n"
        assert await first.text() == f"{GO_AWAY}\n"
        async with await stream("POST", f"{session}/xhr_streaming") as second:
            assert await second.text() == PRELUDE
            assert await second.text() == f"{GO_AWAY}\n"
            assert await second.chunk() == b""
        assert await first.chunk() == b""


async def test_a_second_stream_is_refused_and_one_that_breaks_ends_the_session(echo: str) -> None:
    session = fresh(echo)
    async with await stream("POST", f"{session}/xhr_streaming") as first:
        assert await first.text() == PRELUDE
        assert await first.text() == "o\n"
        async with await stream("POST", f"{session}/xhr_streaming") as second:
            assert await second.text() == PRELUDE
            assert await second.text() == f"{STILL_OPEN}\n"
            assert await second.chunk() == b""
        await first.break_off()
    while (reported := (await post(f"{session}/xhr")).text) == f"{STILL_OPEN}\n":
        pass
    assert reported == f"{INTERRUPTED}\n"


async def test_a_poll_that_breaks_ends_the_session(echo: str) -> None:
    session = fresh(echo)
    await post(f"{session}/xhr")
    _, waiting = await polls(f"{session}/xhr", f"{session}/xhr")
    await waiting.break_off()
    while (reported := (await post(f"{session}/xhr")).text) == f"{STILL_OPEN}\n":
        pass
    assert reported == f"{INTERRUPTED}\n"


async def test_the_websockets_path_by_http(tested: Server, echo: str) -> None:
    plain = await get(f"{echo}/0/0/websocket")
    assert plain.status == 400
    assert 'Can "Upgrade" only to "WebSocket".' in plain.text
    cut = await get(f"{echo}/0/0/websocket", upgrade="WebSocket", connection="close")
    assert cut.status == 400
    assert '"Connection" must be "Upgrade".' in cut.text
    posted = await post(f"{echo}/0/0/websocket")
    assert (posted.status, posted.body) == (405, b"")
    assert posted.headers["allow"] == "GET"
    assert "content-type" not in posted.headers
    without = f"{tested.url}/disabled_websocket_echo/0/0/websocket"
    assert (await get(without)).status == 404
