"""Pure: what counts as a credential, and whose Origin is foreign."""

import pytest

from accounts.credentials.extraction import (
    Credential,
    Kind,
    find,
    read_scope,
)
from accounts.credentials.origins import is_foreign

EVERYWHERE = {"ticket": "t", "token": "q", "access_token": "a"}
COOKIES = {"access_token": "c"}


def test_what_is_said_explicitly_goes_before_what_the_browser_adds() -> None:
    assert find("Bearer b", EVERYWHERE, COOKIES) == Credential(Kind.BEARER, "b")
    assert find("", EVERYWHERE, COOKIES) == Credential(Kind.TICKET, "t")
    without_ticket = {"token": "q", "access_token": "a"}
    assert find("", without_ticket, COOKIES) == Credential(Kind.QUERY, "q")
    assert find("", {"access_token": "a"}, COOKIES) == Credential(Kind.QUERY, "a")
    assert find("", {}, COOKIES) == Credential(Kind.COOKIE, "c")
    assert find("", {}, {}) is None


@pytest.mark.parametrize("header", ["bearer  b ", "BEARER b", "  Bearer b"])
def test_the_scheme_is_written_as_one_likes(header: str) -> None:
    assert find(header, {}, {}) == Credential(Kind.BEARER, "b")


def test_a_service_key_is_told_apart() -> None:
    assert find("Api-Key bw_1", {}, COOKIES) == Credential(Kind.API_KEY, "bw_1")


def test_an_empty_bearer_is_a_bad_credential_and_not_none() -> None:
    assert find("Bearer", {}, COOKIES) == Credential(Kind.BEARER, "")


def test_a_proxys_basic_authorization_is_not_meant_for_us() -> None:
    assert find("Basic dXNlcjpwdw==", {}, COOKIES) == Credential(Kind.COOKIE, "c")


def test_a_credentials_text_shows_in_no_repr() -> None:
    assert "secret" not in repr(Credential(Kind.BEARER, "secret"))


def test_an_asgi_scope_is_read_like_a_request() -> None:
    handshake = read_scope(
        {
            "type": "websocket",
            "scheme": "wss",
            "query_string": b"since=e%3A4&x=",
            "headers": [
                (b"host", b"bell.example"),
                (b"origin", b"https://bell.example"),
                (b"cookie", b"a=1"),
                (b"cookie", b"access_token=c; b=2"),
            ],
        }
    )
    assert (handshake.scheme, handshake.host) == ("https", "bell.example")
    assert handshake.origin == "https://bell.example"
    assert handshake.credential == Credential(Kind.COOKIE, "c")


def test_a_proxy_says_the_outer_scheme() -> None:
    scope = {"scheme": "ws", "headers": [(b"x-forwarded-proto", b"https, http")]}
    assert read_scope(scope).scheme == "http"
    assert read_scope(scope, proto_header="x-forwarded-proto").scheme == "https"


def test_an_undecodable_query_is_no_credential() -> None:
    assert read_scope({"query_string": b"%ff=%ff&&&=", "headers": []}).credential is None


@pytest.mark.parametrize(
    ("origin", "foreign"),
    [
        ("", False),
        ("https://bell.example", False),
        ("HTTPS://Bell.Example", False),
        ("https://bell.example:443", False),
        ("https://portal.example", False),
        ("https://bell.example:8443", True),
        ("http://bell.example", True),
        ("https://bell.example.evil.example", True),
        ("https://evil.example", True),
        ("null", True),
        ("file://", True),
    ],
)
def test_own_and_allowed_origins_are_not_foreign(origin: str, foreign: bool) -> None:
    allowed = ["https://portal.example/"]
    assert (
        is_foreign(origin, site="", scheme="https", host="bell.example", allowed=allowed) is foreign
    )
