"""REST requests that no good client makes: each has its answer, and the server goes on."""

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.endpoints.company import (
    SEND,
    TOKEN,
    Company,
    bearer,
    refusal,
)
from tests.support.deadlines import PATIENCE_S

LIST = "/api/v1/notifications"
INVALID = (400, "INVALID")
TOO_LARGE = (413, "MESSAGE_TOO_LARGE")
NOT_FOUND = (404, "NOT_FOUND")
MAX_BODY = 8 * 1024 * 1024
JSON = {"Content-Type": "application/json"}
A_SEND = {"usernames": ["alice"], "type": "SYSTEM", "title": "t", "message": "m"}


@pytest.fixture(autouse=True)
def _goes_on(company: Company, alice: str) -> Iterator[None]:
    """After every test the server does what it is there for."""
    yield
    assert company.is_well()
    sent = company.send("alice")
    newest = company.ask("GET", LIST, params={"size": 1}, headers=bearer(alice)).json()
    assert newest["results"][0]["id"] == sent


def post(company: Company, body: bytes, path: str = SEND, **headers: str) -> Any:
    key = {"Authorization": f"Api-Key {company.key}"}
    return company.ask("POST", path, content=body, headers={**JSON, **key, **headers})


def raw(company: Company, request: bytes) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of the answer to bytes that need not be a request."""
    address = urlsplit(company.url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port), PATIENCE_S) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = answer.read()
        answer.close()
        is_json = "json" in (answer.getheader("content-type") or "")
        return answer.status, json.loads(body) if is_json else {}


# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", ["1e9", "0", "-1", "x", "", "1.5", "+1", " 1", "٣", "0x10", "1_0", "비", "null"]
)
def test_a_size_that_is_no_whole_number_from_1(company: Company, alice: str, size: str) -> None:
    answer = company.ask("GET", LIST, params={"size": size}, headers=bearer(alice))

    assert refusal(answer) == INVALID
    assert answer.json()["errors"].keys() == {"size"}


@pytest.mark.parametrize("page", ["1e9", "0", "-1", "x", "", "1.5", "9" * 5_000])
def test_a_page_that_is_no_whole_number_from_1(company: Company, alice: str, page: str) -> None:
    answer = company.ask("GET", LIST, params={"page": page}, headers=bearer(alice))

    assert refusal(answer) == INVALID
    assert answer.json()["errors"].keys() == {"page"}


@pytest.mark.parametrize("size", ["101", "1000000000", "9" * 30, "9" * 4_000])
def test_a_large_size_is_taken_as_100(company: Company, alice: str, size: str) -> None:
    for _ in range(2):
        company.send("alice")
    answer = company.ask("GET", LIST, params={"size": size}, headers=bearer(alice))

    assert answer.status_code == 200
    assert answer.json().keys() == {"results", "next", "previous"}
    assert 2 <= len(answer.json()["results"]) <= 100


@pytest.mark.parametrize("page", ["1000000000", str(2**31), str(2**63), str(2**64), "9" * 4_000])
def test_a_page_far_behind_the_last_is_empty(company: Company, alice: str, page: str) -> None:
    query = {"page": page, "size": "100"}
    answer = company.ask("GET", LIST, params=query, headers=bearer(alice))

    assert (answer.status_code, answer.json()["results"]) == (200, [])
    assert answer.json()["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "status=MAYBE",
        "status=",
        "type=NOPE",
        "type=%ED%A0%80",
        "status=%FF",
        "type=%F0%28%8C%28",
        "status=UNREAD'%20OR%201=1",
        "type=" + "x" * 5_000,
    ],
)
def test_a_filter_that_fits_nothing(company: Company, alice: str, query: str) -> None:
    assert refusal(company.ask("GET", f"{LIST}?{query}", headers=bearer(alice))) == INVALID


@pytest.mark.parametrize(
    "where", ["?status=%00", "?x=%00", "/%00", "/unread%00", "/1%00/read", "?%00"]
)
def test_a_nul_in_the_address(company: Company, alice: str, where: str) -> None:
    assert refusal(company.ask("GET", f"{LIST}{where}", headers=bearer(alice))) == INVALID


def test_a_path_that_is_longer_than_any(company: Company) -> None:
    # Two paths in one route: Django's own pattern would look for their border in every place.
    long = "/admin/r/" + "r/" * 25_000
    assert refusal(company.ask("GET", long)) == (414, "MESSAGE_TOO_LARGE")


def test_thousands_of_parameters(company: Company, alice: str) -> None:
    query = "&".join(f"a{number}=1" for number in range(2_000))
    answer = company.ask("GET", f"{LIST}?{query}", headers=bearer(alice))

    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert refusal(answer) == INVALID


# --- bodies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"hello",
        b"{",
        b'{"usernames":["alice"]',
        b"{'usernames':['alice']}",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b'{"message":NaN}',
        b'{"message":"\xff"}',
        b'{"message":"\xed\xa0\x80"}',
        b"\x00",
        b"\xef\xbb\xbf{}",
        json.dumps(A_SEND).encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
    ],
    ids=lambda body: ascii(body[:24]),
)
@pytest.mark.parametrize("path", [SEND, TOKEN, "/notification/send"])
def test_a_body_that_is_no_json_object(company: Company, body: bytes, path: str) -> None:
    assert refusal(post(company, body, path)) == INVALID


@pytest.mark.parametrize("field", [*A_SEND, "link", "reference_id", "collapse_key", "data"])
@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "a\udfffb"], ids=ascii)
def test_text_that_no_database_holds(company: Company, field: str, text: str) -> None:
    value: Any = [text] if field == "usernames" else {"a": [text]} if field == "data" else text
    # json.dumps writes both as escapes: the body is plain ASCII.
    body = json.dumps({**A_SEND, field: value}).encode()

    assert refusal(post(company, body)) == INVALID


@pytest.mark.parametrize("text", ["\0", "\ud800"], ids=ascii)
def test_a_sign_in_with_text_that_no_database_holds(company: Company, text: str) -> None:
    for field in ("username", "password"):
        body = json.dumps({"username": "alice", "password": "x", field: text}).encode()
        assert refusal(post(company, body, TOKEN)) == INVALID


def test_a_refresh_token_with_text_that_no_database_holds(company: Company) -> None:
    for text in ("\0", "\ud800"):
        body = json.dumps({"refresh": text}).encode()
        answer = company.ask("POST", f"{TOKEN}/refresh", content=body, headers=JSON)
        assert refusal(answer) in [INVALID, (401, "AUTH_ERROR")]


@pytest.mark.parametrize(("levels", "status"), [(62, 201), (64, 400), (1_000, 400), (100_000, 400)])
def test_data_of_many_levels(company: Company, levels: int, status: int) -> None:
    """The body and `data` are two levels by themselves; 64 are allowed."""
    data = '{"a":' + "[" * levels + "]" * levels + "}"
    body = json.dumps(A_SEND)[:-1] + f', "data": {data}}}'

    answer = post(company, body.encode())

    assert answer.status_code == status, answer.text
    if status == 400:
        assert refusal(answer) == INVALID


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("usernames", [None, 7, "alice", {}, [], [7], [None], [["alice"]], ["nobody-like-that"]]),
        ("user_ids", [None, 7, [1.5], [True], ["1.0"], ["x"], [2**63], [-1], [0], [2**70], [1e30]]),
        ("external_ids", ["x", [7], [""], ["x" * 256]]),
        ("type", [None, 7, [], {}, "", "NOPE", "system"]),
        ("title", [[], {}, True, "x" * 201]),
        ("message", [None, [], {}, True, "", "x" * 2_001]),
        ("link", [[], {}, 7.5, "javascript:alert(1)", "//evil.example", "/\\evil.example", "x",
                  "\tjavascript:alert(1)", "data:text/html,x", "ftp://x/", "http://", "/a\nb"]),
        ("data", [7, "x", [], True, {"a": "x" * 5_000}]),
        ("expires_at", [7, "x", [], {}, "2001-01-01T00:00:00Z", "9999-99-99T00:00:00Z"]),
        ("reference_id", [[], {}, True, "x" * 201]),
        ("collapse_key", [[], {}, True, "x" * 201]),
        ("broadcast", [[], {}, "x", 7]),
    ],
)  # fmt: skip
def test_a_field_of_the_wrong_type_is_named(
    company: Company, field: str, values: list[Any]
) -> None:
    others = {name: value for name, value in A_SEND.items() if name != "usernames"}
    start = others if field in ("user_ids", "external_ids") else A_SEND
    for value in values:
        answer = post(company, json.dumps({**start, field: value}).encode())
        assert refusal(answer) == INVALID, value
        assert field in answer.json()["errors"], value


def test_too_many_recipients(company: Company) -> None:
    body = {**A_SEND, "usernames": [f"u{number}" for number in range(10_001)]}

    answer = post(company, json.dumps(body).encode())

    assert refusal(answer) == INVALID
    assert "usernames" in answer.json()["errors"]


@pytest.mark.parametrize("key", ["", "x" * 256, "비"])
def test_an_idempotency_key_that_is_none(company: Company, key: str) -> None:
    body = json.dumps(A_SEND).encode()
    headers = {"Idempotency-Key": key.encode(), "Authorization": f"Api-Key {company.key}".encode()}

    answer = company.ask(
        "POST", SEND, content=body, headers={b"Content-Type": b"application/json", **headers}
    )

    assert refusal(answer) == INVALID


# --- sizes and kinds -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [SEND, TOKEN, "/notification/send", LIST, "/api/v1/nope", "/healthz"]
)
def test_a_body_that_says_it_is_too_large_is_not_even_read(company: Company, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

    for size in (MAX_BODY + 1, 10**12, 10**18):
        status, body = raw(company, f"{head}Content-Length: {size}\r\n\r\n".encode())
        assert (status, body["code"]) == TOO_LARGE


def test_a_body_that_is_too_large_is_answered_to_a_client_that_sends_all_of_it(
    company: Company,
) -> None:
    assert refusal(post(company, b'{"a":"' + b"x" * MAX_BODY + b'"}')) == TOO_LARGE


def test_a_chunked_body_that_is_too_large(company: Company) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 65_536 + 1):
            yield b"x" * 65_536

    headers = {**JSON, "Authorization": f"Api-Key {company.key}"}
    answer = company.ask("POST", SEND, content=chunks(), headers=headers)

    assert refusal(answer) == TOO_LARGE


def test_a_chunked_body_is_as_good_as_any(company: Company) -> None:
    body = json.dumps(A_SEND).encode()
    headers = {**JSON, "Authorization": f"Api-Key {company.key}"}
    chunks = (body[at : at + 7] for at in range(0, len(body), 7))

    assert company.ask("POST", SEND, content=chunks, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/xml", "", "x", "application/json-seq"],
)  # fmt: skip
def test_a_body_of_another_kind(company: Company, kind: str) -> None:
    answer = post(company, json.dumps(A_SEND).encode(), **{"Content-Type": kind})

    assert refusal(answer) == (415, "INVALID")


@pytest.mark.parametrize("kind", ["text/html", "application/xml", "x", "*/*;q=0"])
def test_an_answer_is_json_whatever_is_asked_for(company: Company, alice: str, kind: str) -> None:
    answer = company.ask("GET", LIST, headers={**bearer(alice), "Accept": kind})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert "results" in answer.json()


@pytest.mark.parametrize(
    "request_line",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    ],
    ids=lambda line: ascii(line[:36]),
)
def test_what_is_no_request(company: Company, request_line: bytes) -> None:
    """Refused, or hung up on; the next caller does not notice."""
    try:
        status, _ = raw(company, request_line)
    except (ConnectionError, http.client.HTTPException):
        return
    assert 400 <= status < 500


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/nope"),
        ("POST", "/api/v1/nope"),
        ("DELETE", "/api/v1/nope/7"),
        ("GET", "/api/"),
        ("GET", "/api/v2/notifications"),
        ("GET", "/notification/nope"),
        ("PUT", "/api/v1/notifications/999999999/read"),
        ("DELETE", "/api/v1/notifications/999999999"),
        ("DELETE", f"/api/v1/notifications/{2**63}"),
        ("PUT", f"/api/v1/notifications/{10**30}/read"),
        ("PUT", "/api/v1/notifications/-1/read"),
        ("DELETE", "/api/v1/notifications/0"),
        ("DELETE", "/api/v1/notifications/x"),
        ("DELETE", "/api/v1/notifications/1.5"),
        ("GET", "/api/v1/notifications/%FF"),
        ("GET", "/api/v1/notifications/%2e%2e/%2e%2e/etc/passwd"),
        ("PUT", "/notification/api/v1/notifications/999999999/read"),
    ],
)
def test_what_is_not_there(company: Company, alice: str, method: str, path: str) -> None:
    assert refusal(company.ask(method, path, headers=bearer(alice))) == NOT_FOUND


def test_another_users_notification_is_not_there(company: Company, alice: str) -> None:
    body = {**A_SEND, "external_ids": ["zoe"]}
    del body["usernames"]
    zoes = post(company, json.dumps(body).encode()).json()["ids"][0]

    for method, path in (("PUT", f"{LIST}/{zoes}/read"), ("DELETE", f"{LIST}/{zoes}")):
        assert refusal(company.ask(method, path, headers=bearer(alice))) == NOT_FOUND


@pytest.mark.parametrize("batch", ["x", "0", "00000000-0000-0000-0000-000000000000"])
def test_a_batch_that_is_not_there(company: Company, batch: str) -> None:
    key = {"Authorization": f"Api-Key {company.key}"}

    assert refusal(company.ask("GET", f"{LIST}/sent/{batch}", headers=key)) == NOT_FOUND
    assert refusal(company.ask("DELETE", f"{LIST}/sent/{batch}", headers=key)) == NOT_FOUND


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/auth/me", "GET"),
        ("GET", TOKEN, "POST"),
        ("PATCH", LIST, "GET"),
        ("POST", f"{LIST}/1/read", "PUT"),
        ("GET", f"{LIST}/1", "DELETE"),
        ("GET", SEND, "POST"),
        ("PUT", "/notification/send", "POST"),
        ("PROPFIND", LIST, "GET"),
    ],
)
def test_a_method_that_is_not_for_this(
    company: Company, alice: str, method: str, path: str, allowed: str
) -> None:
    key = f"Api-Key {company.key}" if "send" in path else f"Bearer {alice}"
    answer = company.ask(method, path, headers={"Authorization": key})

    assert refusal(answer) == (405, "INVALID")
    assert allowed in answer.headers["Allow"]


def test_a_key_without_the_scope_sends_nothing(company: Company, alice: str) -> None:
    assert refusal(company.ask("POST", SEND, json=A_SEND, headers=bearer(alice))) == (
        403,
        "FORBIDDEN",
    )
    for key in ("x", "bw_x", company.key[:-1], company.key + "x", "\xff"):
        headers = {"Authorization": f"Api-Key {key}".encode("latin-1")}
        answer = company.ask("POST", SEND, json=A_SEND, headers=headers)
        assert refusal(answer) == (401, "AUTH_ERROR")


# --- guessing ------------------------------------------------------------------------------------


def test_ten_wrong_passwords_a_minute_and_then_wait(company: Company) -> None:
    def try_it(name: str = "mallory") -> Any:
        return company.ask("POST", TOKEN, json={"username": name, "password": "guess"})

    for _ in range(10):
        assert refusal(try_it()) == (401, "AUTH_ERROR")
    for name in ("mallory", "MALLORY", "mallory"):
        answer = try_it(name)
        assert refusal(answer) == (429, "RATE_LIMITED")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    # Others are not locked out by it.
    assert refusal(try_it("trudy")) == (401, "AUTH_ERROR")
