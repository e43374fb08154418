"""SockJS 0.3.3: the pages around the sessions, and what all answers say to other origins."""

import json
import re

import pytest

from tests.conformance.sockjs.http import (
    Answer,
    ask,
    fresh,
    get,
    options,
    post,
    start,
)
from tests.support.servers import Deployment, Server

NOT_CACHED = "no-store, no-cache, must-revalidate, max-age=0"


def type_of(answer: Answer) -> str:
    return answer.headers["content-type"].replace(" ", "")


def is_open_to(answer: Answer, origin: str = "*") -> bool:
    return (
        answer.headers["access-control-allow-origin"] == origin
        and answer.headers["access-control-allow-credentials"] == "true"
    )


def is_not_cached(answer: Answer) -> bool:
    return answer.headers["cache-control"] == NOT_CACHED and "expires" not in answer.headers


@pytest.mark.parametrize("suffix", ["", "/"])
async def test_the_base_url_greets(echo: str, suffix: str) -> None:
    answer = await get(echo + suffix)
    assert answer.status == 200
    assert type_of(answer) == "text/plain;charset=UTF-8"
    assert answer.text == "Welcome to SockJS!\n"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("suffix", ["/a", "/a.html", "//", "///", "/a/a", "/a/a/", "/a/"])
async def test_other_simple_paths_are_not_found(echo: str, suffix: str) -> None:
    assert (await get(echo + suffix)).status == 404


@pytest.mark.parametrize("suffix", ["//", "/a./a", "/a/a.", "/./.", "/", "///"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_path_with_dots_or_empty_parts_is_no_session(
    echo: str, suffix: str, method: str
) -> None:
    assert (await ask(method, f"{echo}{suffix}/xhr")).status == 404


@pytest.mark.parametrize("suffix", ["/a/a", "/_/_", "/1/1", "/abcdefgh_i-j%20/abcdefg_i-j%20"])
async def test_any_other_pair_of_names_is_a_session(echo: str, suffix: str) -> None:
    assert (await post(f"{echo}{suffix}/xhr")).text == "o\n"


async def test_a_name_longer_than_any_client_makes_is_not_found(echo: str) -> None:
    assert (await post(f"{echo}/000/{'a' * 129}/xhr")).status == 404


@pytest.mark.parametrize(
    "name",
    [
        "iframe.html",
        "iframe-a.html",
        "iframe-.html",
        "iframe-0.1.2abc-dirty.2144.html",
        "iframe-a.html?t=1234",
    ],
)
async def test_the_iframe_page_is_served_for_every_version(echo: str, name: str) -> None:
    answer = await get(f"{echo}/{name}")
    assert answer.status == 200
    assert type_of(answer) == "text/html;charset=UTF-8"
    assert "public" in answer.headers["cache-control"]
    assert re.search("max-age=[1-9][0-9]{6}", answer.headers["cache-control"])
    assert answer.headers["expires"]
    assert answer.headers["etag"]
    assert "last-modified" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "_sockjs_onload = function(){SockJS.bootstrap_iframe();};" in answer.text
    script = re.search('<script src="([^"]*)"></script>', answer.text)
    assert script is not None
    assert script[1].startswith(("/", "http"))


@pytest.mark.parametrize(
    "name", ["iframe.htm", "iframe", "IFRAME.HTML", "iframe.HTML", "iframe.xml", "iframe-/.html"]
)
async def test_no_other_name_is_the_iframe_page(echo: str, name: str) -> None:
    assert (await get(f"{echo}/{name}")).status == 404


async def test_the_iframe_page_is_sent_once(echo: str) -> None:
    first = await get(f"{echo}/iframe.html")
    again = await get(f"{echo}/iframe.html", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert "content-type" not in again.headers


async def test_a_foreign_page_may_not_frame_ours(echo: str) -> None:
    answer = await get(f"{echo}/iframe.html")
    assert answer.headers["content-security-policy"] == "frame-ancestors 'self'"


async def test_info_tells_what_the_server_can_do(tested: Server) -> None:
    answers = [await get(f"{tested.url}/echo/info") for _ in range(2)]
    for answer in answers:
        assert answer.status == 200
        assert type_of(answer) == "application/json;charset=UTF-8"
        assert is_not_cached(answer)
        assert is_open_to(answer)
        assert "set-cookie" not in answer.headers
    reported = [json.loads(answer.body) for answer in answers]
    assert reported[0]["websocket"] is True
    assert reported[0]["cookie_needed"] is False
    assert reported[0]["origins"] == ["*:*"]
    assert reported[0]["entropy"] != reported[1]["entropy"]
    without = await get(f"{tested.url}/disabled_websocket_echo/info")
    assert json.loads(without.body)["websocket"] is False
    needed = await get(f"{tested.url}/cookie_needed_echo/info")
    assert json.loads(needed.body)["cookie_needed"] is True
    assert "set-cookie" not in needed.headers


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/info", "OPTIONS, GET"),
        ("/abc/abc/xhr", "OPTIONS, POST"),
        ("/abc/abc/xhr_send", "OPTIONS, POST"),
        ("/abc/abc/xhr_streaming", "OPTIONS, POST"),
    ],
)
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [(None, "*"), ("test", "test"), ("null", "*"), ("http://a.b", "http://a.b")],
)
async def test_options_are_answered_for_every_origin_and_for_a_year(
    echo: str, path: str, methods: str, origin: str | None, allowed: str
) -> None:
    # A browser's own question; the protocol's test suite leaves it out.
    for more in ({}, {"access_control_request_method": "POST"}):
        headers = {**more, **({"origin": origin} if origin else {})}
        answer = await options(echo + path, **headers)
        assert (answer.status, answer.body) == (204, b"")
        assert re.search("public", answer.headers["cache-control"])
        assert re.search("max-age=[1-9][0-9]{6}", answer.headers["cache-control"])
        assert answer.headers["expires"]
        assert int(answer.headers["access-control-max-age"]) > 1_000_000
        assert answer.headers["access-control-allow-methods"] == methods
        assert is_open_to(answer, allowed)


async def test_the_headers_that_a_browser_wants_to_send_are_allowed(echo: str) -> None:
    asked = await post(f"{fresh(echo)}/xhr", access_control_request_headers="a, b, c")
    assert asked.headers["access-control-allow-headers"] == "a, b, c"
    for headers in ({"access_control_request_headers": ""}, {}):
        answer = await post(f"{fresh(echo)}/xhr", **headers)
        assert "access-control-allow-headers" not in answer.headers


async def test_a_method_that_is_not_a_transports_own_is_refused(echo: str) -> None:
    answer = await get(f"{fresh(echo)}/xhr")
    assert (answer.status, answer.body) == (405, b"")
    assert answer.headers["allow"] == "OPTIONS, POST"
    assert "content-type" not in answer.headers


@pytest.mark.parametrize(
    ("path", "sends"),
    [("xhr", "POST"), ("xhr_streaming", "POST"), ("eventsource", "GET"), ("htmlfile?c=c", "GET")],
)
async def test_the_balancers_cookie_is_set_where_it_is_wanted(
    tested: Server, path: str, sends: str
) -> None:
    for cookie, expected in (("", "dummy"), ("JSESSIONID=abcdef", "abcdef")):
        headers = {"Cookie": cookie} if cookie else {}
        url = f"{fresh(tested.url + '/cookie_needed_echo')}/{path}"
        async with await start(sends, url, headers=headers) as response:
            await response.begun()
            name, where = response.headers["set-cookie"].split(";")[:2]
            assert name == f"JSESSIONID={expected}"
            assert where.strip().lower() == "path=/"


async def test_without_the_setting_there_are_no_such_services(
    deployment: Deployment,
) -> None:
    plain = deployment.server
    assert (await post(f"{fresh(plain.url + '/echo')}/xhr")).text != "o\n"
    assert (await get(f"{plain.url}/ws")).text == "Welcome to SockJS!\n"
    assert (await get(f"{plain.url}/ws-connect/info")).status == 200
    assert (await get(f"{plain.url}/notification/ws/notifications/info")).status == 200
