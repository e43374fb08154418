"""Pages of other sites: a browser sends our cookie along, and says where the page is from."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.endpoints.company import Company, bearer, refusal
from tests.endpoints.hostile_requests import RawWebSocket
from tests.openapi.described import schema_of
from tools.paths import ROOT

FORBIDDEN = ("FORBIDDEN", (1008, "Forbidden"))
EVIL = "https://evil.example"
ALLOWED = "https://shop.example"
COUNT = "/api/v1/notifications/unread/count"
READ_ALL = "/api/v1/notifications/read-all"


@pytest.fixture
def visitor(company: Company, password: str) -> Iterator[httpx.Client]:
    """Carol's browser, signed in: its cookies go with every request."""
    with company.visitor() as client:
        body = {"username": "carol", "password": password}
        answer = client.post("/api/v1/auth/token", json=body)
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRFToken"] = answer.json()["csrf_token"]
        yield client


def by_cookie(token: str, origin: str | None) -> dict[str, str]:
    cookie = {"Cookie": f"theme=dark; access_token={token}"}
    return cookie if origin is None else {**cookie, "Origin": origin}


# --- sockets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        ALLOWED,
        "null",
        "{own}.evil.example",
        "{own}0",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://localhost:{port}",
        "file://",
        "x",
    ],
)
def test_another_sites_page_with_a_good_cookie_is_refused(
    company: Company, alice: str, origin: str
) -> None:
    port = company.url.rpartition(":")[2]
    origin = origin.format(own=company.url, port=port)

    for path in ("/api/v1/notifications/ws", "/ws"):
        with RawWebSocket(company.ws_url, path, headers=by_cookie(alice, origin)) as socket:
            assert socket.receive_its_refusal() == FORBIDDEN
    answer = company.ask("GET", COUNT, headers=by_cookie(alice, origin))
    assert refusal(answer) == (403, "FORBIDDEN")
    assert company.is_well()


def test_our_own_page_is_let_in(company: Company, alice: str) -> None:
    with RawWebSocket(company.ws_url, headers=by_cookie(alice, company.url)) as socket:
        socket.receive_greeting()
        assert company.goes_on(socket, "alice")
    answer = company.ask("GET", COUNT, headers=by_cookie(alice, company.url))
    assert answer.status_code == 200


def test_without_an_origin_it_is_no_other_sites_page(company: Company, alice: str) -> None:
    with RawWebSocket(company.ws_url, headers=by_cookie(alice, None)) as socket:
        socket.receive_greeting()
        assert company.goes_on(socket, "alice")
    assert company.ask("GET", COUNT, headers=by_cookie(alice, None)).status_code == 200


PARTNERS = ("https://eu.partner.example", "https://a.b.partner.example")
NO_PARTNERS = (
    "https://partner.example",
    "https://evilpartner.example",
    "https://eu.partner.example.evil",
    "http://eu.partner.example",
    "https://eu.partner.example:8443",
)


@pytest.mark.parametrize(
    "origin", [ALLOWED, "https://blog.example:8443", ALLOWED.upper(), *PARTNERS]
)
def test_an_allowed_sites_page_is_let_in(neighbourly: Company, alice: str, origin: str) -> None:
    with RawWebSocket(neighbourly.ws_url, headers=by_cookie(alice, origin)) as socket:
        socket.receive_greeting()
        assert neighbourly.goes_on(socket, "alice")


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "http://shop.example",
        "https://blog.example",
        "https://shop.example.evil",
        *NO_PARTNERS,
    ],
)
def test_allowing_one_site_lets_no_other_in(neighbourly: Company, alice: str, origin: str) -> None:
    with RawWebSocket(neighbourly.ws_url, headers=by_cookie(alice, origin)) as socket:
        assert socket.receive_its_refusal() == FORBIDDEN


def status_by_cookie(company: Company, token: str, path: str, origin: str) -> int:
    """Of a stream or an answer; only its head is waited for."""
    headers = by_cookie(token, origin)
    with company.visitor() as client, client.stream("GET", path, headers=headers) as answer:
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        assert allowed == (origin if answer.status_code == 200 else None)
        return answer.status_code


@pytest.mark.parametrize(
    "path", [COUNT, "/sse/notifications", "/long-polling/notifications?timeout=0"]
)
def test_a_pattern_is_read_alike_by_streams_rest_and_cors(
    neighbourly: Company, alice: str, path: str
) -> None:
    for origin in PARTNERS:
        assert status_by_cookie(neighbourly, alice, path, origin) == 200, origin
    for origin in NO_PARTNERS:
        assert status_by_cookie(neighbourly, alice, path, origin) == 403, origin


def test_a_pattern_is_read_alike_by_sockjs(neighbourly: Company, alice: str) -> None:
    for number, origin in enumerate((*PARTNERS, *NO_PARTNERS)):
        refused = origin in NO_PARTNERS
        path = f"/ws/000/pattern{number}/xhr"
        headers = by_cookie(alice, origin)
        assert neighbourly.ask("POST", path, headers=headers).text == "o\n"
        greeting = '["{\\"type\\":\\"ping\\"}"]'
        neighbourly.ask("POST", f"{path}_send", content=greeting, headers=headers)
        received = neighbourly.ask("POST", path, headers=headers).text
        assert ("FORBIDDEN" in received) is refused, (origin, received)
    frame = neighbourly.ask("GET", "/ws/iframe.html").headers["Content-Security-Policy"]
    assert "https://*.partner.example" in frame.split()


def test_a_token_that_is_sent_on_purpose_is_good_on_any_page(company: Company, alice: str) -> None:
    ticket = company.ask("POST", "/api/v1/auth/ticket", headers=bearer(alice)).json()["ticket"]
    origin = {"Origin": EVIL}
    for socket in (
        RawWebSocket(company.ws_url, token=alice, headers=origin),
        RawWebSocket(company.ws_url, headers=origin, ticket=ticket),
        RawWebSocket(company.ws_url, f"/api/v1/notifications/ws?token={alice}", headers=origin),
    ):
        with socket:
            socket.receive_greeting()
            assert company.goes_on(socket, "alice")
    answer = company.ask("PUT", READ_ALL, headers={**bearer(alice), **origin})
    assert answer.status_code == 200


# --- GETs without an Origin: images, scripts, links ----------------------------------------------

GETS = (
    COUNT,
    "/api/v1/rooms",
    "/api/v1/rooms/1",
    "/api/v1/auth/me",
    "/sse?topic=broadcast",
    "/sse/notifications",
    "/sse/chat-rooms/1/messages",
    "/long-polling?topic=broadcast&timeout=0",
    "/long-polling/notifications?timeout=0",
    "/long-polling/chat-rooms/1/messages?timeout=0",
    "/api/v1/chat/messages/1/stream",
)


def refusal_of(company: Company, path: str, headers: dict[str, str]) -> httpx.Response:
    """The whole answer to a GET that must be refused. Of a stream that is let in no end comes, so
    only its head is waited for."""
    with company.visitor() as client, client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 403, path
        answer.read()
        return answer


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_sites_page_embeds_is_refused_alike_everywhere(
    company: Company, alice: str, site: str
) -> None:
    headers = {**by_cookie(alice, None), "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    answers = [refusal_of(company, path, headers) for path in GETS]
    assert [refusal(answer) for answer in answers] == [(403, "FORBIDDEN")] * len(GETS)
    assert len({answer.content for answer in answers}) == 1, "nothing tells them apart"

    with RawWebSocket(company.ws_url, "/api/v1/notifications/ws", headers=headers) as socket:
        assert socket.receive_its_refusal() == FORBIDDEN
    # A session of SockJS begins before its user is known, and ends with the refusal inside it.
    path = "/ws/000/embedded/eventsource"
    with company.visitor() as client, client.stream("GET", path, headers=headers) as session:
        said = next(line for line in session.iter_lines() if "1008" in line or "connected" in line)
    assert "1008" in said
    assert "connected" not in said


def test_links_from_other_sites_lead_to_pages(company: Company, alice: str) -> None:
    headers = {
        **by_cookie(alice, None),
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    for path in ("/", "/rooms/1", "/admin/login/", "/api/docs/"):
        assert company.ask("GET", path, headers=headers).status_code == 200, path
    # A window that a page opens would otherwise hold a connection.
    answer = refusal_of(company, "/sse/notifications", headers)
    assert refusal(answer) == (403, "FORBIDDEN")


# --- forged requests -----------------------------------------------------------------------------


def test_by_cookie_an_unsafe_request_needs_the_csrf_token(visitor: httpx.Client) -> None:
    assert visitor.get(COUNT).status_code == 200
    assert visitor.put(READ_ALL).status_code == 200

    for headers in ({"X-CSRFToken": ""}, {"X-CSRFToken": "x" * 64}, {"X-CSRFToken": "비".encode()}):
        answer = visitor.put(READ_ALL, headers=headers)  # type: ignore[arg-type]
        assert refusal(answer) == (403, "FORBIDDEN")
    del visitor.headers["X-CSRFToken"]
    for method, path in (
        ("PUT", READ_ALL),
        ("PUT", "/api/v1/notifications/1/read"),
        ("DELETE", "/api/v1/notifications/1"),
        ("POST", "/api/v1/auth/ticket"),
        ("POST", "/api/v1/auth/logout"),
        ("POST", "/api/v1/auth/token/refresh"),
    ):
        assert refusal(visitor.request(method, path)) == (403, "FORBIDDEN"), path
    assert visitor.get(COUNT).status_code == 200


def test_by_cookie_even_the_csrf_token_does_not_help_another_site(visitor: httpx.Client) -> None:
    for method, path in (("GET", COUNT), ("PUT", READ_ALL), ("POST", "/api/v1/auth/ticket")):
        answer = visitor.request(method, path, headers={"Origin": EVIL})
        assert refusal(answer) == (403, "FORBIDDEN"), path


def test_with_a_token_there_is_nothing_to_forge(company: Company, alice: str) -> None:
    assert company.ask("PUT", READ_ALL, headers=bearer(alice)).status_code == 200


# --- CORS ----------------------------------------------------------------------------------------


def preflight(company: Company, origin: str, path: str = COUNT) -> httpx.Response:
    wanted = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,x-csrftoken,idempotency-key",
    }
    return company.ask("OPTIONS", path, headers=wanted)


def names(header: str) -> set[str]:
    return {name.strip().lower() for name in header.split(",")}


def test_an_allowed_site_may_ask_with_credentials(neighbourly: Company) -> None:
    for path in (COUNT, "/notification/api/v1/notifications", "/api/v1/auth/token"):
        answer = preflight(neighbourly, ALLOWED, path)

        assert answer.status_code in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        allowed = names(answer.headers["Access-Control-Allow-Methods"])
        assert {"get", "post", "put", "patch", "delete"} <= allowed
        assert {"authorization", "content-type", "x-csrftoken", "idempotency-key"} <= names(
            answer.headers["Access-Control-Allow-Headers"]
        )


def test_an_allowed_site_reads_the_answers_and_the_headers_that_it_needs(
    neighbourly: Company, alice: str
) -> None:
    good = neighbourly.ask("GET", COUNT, headers=by_cookie(alice, ALLOWED))
    bad = neighbourly.ask("GET", COUNT, headers={"Origin": ALLOWED})

    assert (good.status_code, bad.status_code) == (200, 401)
    for answer in (good, bad):
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert "origin" in names(answer.headers["Vary"])
        exposed = names(answer.headers["Access-Control-Expose-Headers"])
        assert exposed == {"realtime-position", "realtime-recovered", "retry-after"}


def test_no_other_site_is_told_that_it_may(neighbourly: Company, company: Company) -> None:
    for asked, origin in ((neighbourly, EVIL), (company, ALLOWED), (company, "null")):
        assert "Access-Control-Allow-Origin" not in preflight(asked, origin).headers
        answer = asked.ask("GET", COUNT, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers


PATHS = (
    "/static/client/bellwire.js",
    "/static/admin/css/base.css",
    "/",
    COUNT,
    "/api/v1/nothing",
    "/healthz",
    "/api/schema/",
    "/sse/notifications",
    "/long-polling/notifications",
    "/ws/info",
    "/ws/iframe.html",
    "/admin/login/",
)
# Lists, which may be sent in parts (RFC 9110, 5.2), and cookies, which must be.
REPEATED = {"set-cookie", "vary"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", [ALLOWED, EVIL, "null", None])
def test_no_answer_has_a_header_twice(neighbourly: Company, path: str, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    answer = neighbourly.ask("GET", path, headers=headers)
    found = [name.decode().lower() for name, _ in answer.headers.raw]
    assert not {name for name in found if found.count(name) > 1} - REPEATED
    # The frame is loaded, not read.
    if origin == ALLOWED and path != "/ws/iframe.html":
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED


def test_headers_that_the_documents_name_may_be_sent_and_read(neighbourly: Company) -> None:
    text = (ROOT / "docs" / "protocol.md").read_text()
    said = re.search(r"may send the headers\s(.*?),\s+and may\s+read\s(.*?)\.", text, re.DOTALL)
    assert said
    sent, read = said.groups()
    documented = {name.lower() for name in re.findall("`([^`]+)`", sent)}
    described = set()
    for operations in schema_of()["paths"].values():
        for operation in operations.values():
            parameters = operation.get("parameters", ())
            described |= {each["name"].lower() for each in parameters if each["in"] == "header"}
    assert described <= documented
    wanted = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": ",".join(sorted(documented)),
    }
    answer = neighbourly.ask("OPTIONS", "/sse/notifications", headers=wanted)
    assert answer.status_code == 200, answer.text
    # Safelisted by Fetch, and named by the library all the same.
    always = {"accept-language", "content-language"}
    assert names(answer.headers["Access-Control-Allow-Headers"]) - always == documented
    exposed = neighbourly.ask("GET", COUNT, headers={"Origin": ALLOWED}).headers
    assert names(exposed["Access-Control-Expose-Headers"]) == {
        name.lower() for name in re.findall("`([^`]+)`", read)
    }


def test_null_that_is_allowed_may_ask_with_a_token_and_not_with_the_cookie(
    webviews: Company, alice: str
) -> None:
    for path in (COUNT, "/ws/info"):
        answer = webviews.ask("GET", path, headers={**bearer(alice), "Origin": "null"})
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "null"
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert preflight(webviews, "null").headers["Access-Control-Allow-Origin"] == "null"
    assert refusal(webviews.ask("GET", COUNT, headers=by_cookie(alice, "null"))) == (
        403,
        "FORBIDDEN",
    )
    for path in ("/api/v1/notifications/ws", "/ws"):
        with RawWebSocket(webviews.ws_url, path, headers=by_cookie(alice, "null")) as socket:
            assert socket.receive_its_refusal() == FORBIDDEN
    with RawWebSocket(webviews.ws_url, headers={**bearer(alice), "Origin": "null"}) as socket:
        socket.receive_greeting()
    assert "null" not in webviews.ask("GET", "/ws/iframe.html").headers["Content-Security-Policy"]
