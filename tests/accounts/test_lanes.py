"""Whose turn a request takes before its user is known."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pytest_django import Settings

from accounts.credentials.gate import AccountsGate
from accounts.credentials.tokens import Times, write_access

pytestmark = pytest.mark.once

ADDRESS = "address 2001:db8:1:2::"


def scope_of(query: str = "", **headers: str) -> Any:
    return {
        "type": "http",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("2001:db8:1:2:3::4", 1),
    }


def token_of(user_id: int) -> str:
    times = Times.starting(datetime.now(UTC), timedelta(minutes=1))
    return write_access(user_id=user_id, login_id=uuid.uuid4(), times=times)


def foreign_token() -> str:
    # Only its algorithm is looked at, and no key of ours can make another.
    ours = jwt.encode({}, "x" * 32, algorithm="HS256", headers={"alg": "HS256"})
    head = jwt.utils.base64url_encode(b'{"alg":"RS256","kid":"new"}').decode()
    return f"{head}.{ours.partition('.')[2]}"


def test_a_good_token_of_ours_has_the_lane_of_its_user() -> None:
    gate, token = AccountsGate(), token_of(7)

    assert gate.lane(scope_of(authorization=f"Bearer {token}")) == 7
    assert gate.lane(scope_of(f"token={token}")) == 7
    assert gate.lane(scope_of(), token) == 7


def test_whatever_can_be_made_up_has_the_lane_of_its_network() -> None:
    gate = AccountsGate()

    for value in ("Bearer abc", f"Bearer {token_of(7)[:-4]}", "Api-Key bw_abc"):
        assert gate.lane(scope_of(authorization=value)) == ADDRESS
    assert gate.lane(scope_of("ticket=abc")) == ADDRESS
    assert gate.lane(scope_of()) == ADDRESS
    assert gate.lane(scope_of(), "abc") == ADDRESS
    # No issuer is trusted here.
    assert gate.lane(scope_of(), foreign_token()) == ADDRESS


def test_tokens_of_an_issuer_wait_for_none_of_their_address(settings: Settings) -> None:
    settings.JWT_JWK_URL = "http://issuer.example/keys"
    settings.JWT_ISSUER = settings.JWT_AUDIENCE = "issuer"
    gate = AccountsGate()

    assert gate.lane(scope_of(), foreign_token()) is None
    assert gate.lane(scope_of(), token_of(7)) == 7
    assert gate.lane(scope_of(), "abc") == ADDRESS
