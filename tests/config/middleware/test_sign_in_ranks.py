"""Who goes first among those who sign in: the known, the new, those who guess."""

import json
from typing import Any

import pytest
from django.core import signing

from accounts.conf import conf
from accounts.users.devices import name_tag
from config.middleware.admission import sign_in_ranks
from config.middleware.admission.sign_in_ranks import (
    ADMIN_PATH,
    TOKEN_PATH,
    Caller,
    SignInRanks,
)

pytestmark = pytest.mark.once


class SignIns:
    """Sign-ins one after the other, and the time."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.ranks = SignInRanks(clock=lambda: self.now)

    def caller(
        self, address: str, name: str = "alice", *, path: str = TOKEN_PATH, cookie: str = ""
    ) -> Caller:
        form = f"username={name}&password=x".encode()
        body = form if path == ADMIN_PATH else json.dumps({"username": name}).encode()
        headers = [(b"cookie", cookie.encode())] if cookie else []
        scope: dict[str, Any] = {"path": path, "headers": headers, "client": (address, 5)}
        return self.ranks.caller_of(scope, body)

    def rank(self, address: str, name: str = "alice", **known: Any) -> int:
        return self.ranks.rank_of(self.caller(address, name, **known))

    def signs_in(self, address: str, name: str, status: int, path: str = TOKEN_PATH) -> None:
        self.ranks.record_status(self.caller(address, name, path=path), path, status)


@pytest.fixture
def sign_ins() -> SignIns:
    return SignIns()


@pytest.mark.parametrize(
    ("path", "failure", "success"), [(TOKEN_PATH, 401, 200), (ADMIN_PATH, 200, 302)]
)
def test_known_go_before_new_and_new_before_those_who_failed(
    sign_ins: SignIns, path: str, failure: int, success: int
) -> None:
    sign_ins.signs_in("192.0.2.1", "alice", success, path)
    sign_ins.signs_in("198.51.100.1", "bob", failure, path)

    ranks = [sign_ins.rank(address) for address in ("192.0.2.1", "203.0.113.1", "198.51.100.1")]

    assert ranks == sorted(set(ranks))


def test_more_failures_are_later_up_to_a_bound(sign_ins: SignIns) -> None:
    ranks = [sign_ins.rank("192.0.2.1")]
    for _ in range(100):
        sign_ins.signs_in("192.0.2.1", "alice", 401)
        ranks.append(sign_ins.rank("192.0.2.1"))

    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 5


@pytest.mark.parametrize("status", [400, 403, 503])
def test_what_was_no_attempt_does_not_count(sign_ins: SignIns, status: int) -> None:
    before = sign_ins.rank("192.0.2.1")
    sign_ins.signs_in("192.0.2.1", "alice", status)
    assert sign_ins.rank("192.0.2.1") == before


def test_refused_attempts_count(sign_ins: SignIns) -> None:
    before = sign_ins.rank("192.0.2.1")
    sign_ins.signs_in("192.0.2.1", "alice", 429)
    assert sign_ins.rank("192.0.2.1") > before


def test_what_one_mistyped_is_forgiven_and_not_what_one_guessed(sign_ins: SignIns) -> None:
    for name in ("alice", "alice", "bob", "carol"):
        sign_ins.signs_in("192.0.2.1", name, 401)
    sign_ins.signs_in("192.0.2.1", "alice", 200)
    two_failures = sign_ins.rank("192.0.2.1")
    sign_ins.signs_in("192.0.2.2", "dave", 401)
    sign_ins.signs_in("192.0.2.2", "dave", 200)

    assert sign_ins.rank("192.0.2.2") < two_failures


def test_failures_and_successes_are_forgotten(sign_ins: SignIns) -> None:
    sign_ins.signs_in("192.0.2.1", "alice", 200)
    sign_ins.signs_in("192.0.2.1", "bob", 401)
    sign_ins.now += conf().login_address_window_s
    known = sign_ins.rank("192.0.2.1")
    sign_ins.now += sign_in_ranks.SUCCESSES_S

    assert known < sign_ins.rank("192.0.2.1") == sign_ins.rank("203.0.113.1")


@pytest.mark.parametrize(
    ("guessing", "neighbour", "elsewhere"),
    [
        ("198.51.100.{}", "198.51.100.200", "198.51.101.1"),
        ("2001:db8:1:{}::1", "2001:db8:1:ffff::1", "2001:db8:2::1"),
    ],
)
def test_new_addresses_of_a_network_that_guesses_are_later(
    sign_ins: SignIns, guessing: str, neighbour: str, elsewhere: str
) -> None:
    for number in range(20):
        sign_ins.signs_in(guessing.format(number), "alice", 401)

    assert sign_ins.rank(elsewhere) < sign_ins.rank(neighbour)


def test_an_account_has_one_lane_wherever_it_signs_in_again(sign_ins: SignIns) -> None:
    """Or an attacker with an account would get a turn for each of their addresses."""
    addresses = [f"198.51.{number}.1" for number in range(40)]
    for address in addresses:
        sign_ins.signs_in(address, "mallory", 200)

    assert len({sign_ins.caller(address, "mallory").lane for address in addresses}) == 1
    assert sign_ins.caller(addresses[0], "alice").lane == addresses[0]


def test_known_browser_has_the_lane_of_its_user(sign_ins: SignIns) -> None:
    tags = [name_tag("alice")]
    cookie = (
        f"known_device={signing.dumps({'id': 'x', 'names': tags}, salt='accounts.users.devices')}"
    )

    assert sign_ins.caller("192.0.2.1", cookie=cookie).is_known
    assert not sign_ins.caller("192.0.2.1", "bob", cookie=cookie).is_known
    assert not sign_ins.caller("192.0.2.1", cookie=cookie + "x").is_known
    for _ in range(3):
        sign_ins.ranks.record_status(sign_ins.caller("192.0.2.1", cookie=cookie), TOKEN_PATH, 401)
    assert sign_ins.rank("192.0.2.9", cookie=cookie) > sign_ins.rank("192.0.2.9")


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b'{"username": 1}', b"x" * 20_000])
def test_body_without_a_name_is_an_address(sign_ins: SignIns, body: bytes) -> None:
    for path in (TOKEN_PATH, ADMIN_PATH, "/admin/password_change/"):
        scope = {"path": path, "headers": [], "client": ("192.0.2.1", 5)}
        caller = sign_ins.ranks.caller_of(scope, body)
        assert (caller.lane, caller.name) == ("192.0.2.1", "")
        assert sign_ins.ranks.rank_of(caller) == 1


def test_memory_is_bounded(sign_ins: SignIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_ranks, "REMEMBERED", 10)
    for number in range(100):
        for status in (401, 200):
            sign_ins.signs_in(f"198.51.{number}.1", f"name{number}", status)

    assert len(sign_ins.ranks._failures) <= 10
    assert len(sign_ins.ranks._successes) <= 10
