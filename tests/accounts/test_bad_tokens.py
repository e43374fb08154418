"""Every way to be wrong is the same answer, and never a 500."""

import base64
import json
import time
import uuid
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from rest_framework.test import APIClient

from accounts.models import Login, User
from tests.accounts.people import ME, an_access_token, bearer, sign_in

pytestmark = pytest.mark.django_db
KEY = django_settings.SIMPLE_JWT["SIGNING_KEY"]


def part(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def good_claims(user: User) -> dict[str, Any]:
    return jwt.decode(an_access_token(user), options={"verify_signature": False})


def status_and_code(token: str) -> tuple[int, str]:
    answer = APIClient().get(ME, headers=bearer(token))
    return answer.status_code, answer.json().get("code", "")


REFUSED = (401, "AUTH_ERROR")


def test_the_unsigned(alice: User) -> None:
    claims = good_claims(alice)
    for alg in ("none", "None", "NONE"):
        assert status_and_code(f"{part({'alg': alg, 'typ': 'JWT'})}.{part(claims)}.") == REFUSED


def test_the_forged(alice: User) -> None:
    forged = jwt.encode(good_claims(alice), "x" * 32, algorithm="HS256")
    assert status_and_code(forged) == REFUSED


def test_the_tampered_with(alice: User, bob: User) -> None:
    header, _, signature = an_access_token(alice).split(".")
    claims = {**good_claims(alice), "sub": str(bob.pk)}
    assert status_and_code(f"{header}.{part(claims)}.{signature}") == REFUSED


def test_another_algorithm_with_the_right_key(alice: User) -> None:
    token = jwt.encode(good_claims(alice), KEY.ljust(64, "x"), algorithm="HS512")
    assert status_and_code(token) == REFUSED


def test_a_refresh_token(client: APIClient, alice: User) -> None:
    assert status_and_code(sign_in(client)["refresh"]) == REFUSED


def test_somebody_elses_sign_in(alice: User, bob: User) -> None:
    claims = {**good_claims(alice), "sub": str(bob.pk)}
    assert status_and_code(jwt.encode(claims, KEY, algorithm="HS256")) == REFUSED


@pytest.mark.parametrize(
    "change",
    [
        {"sid": None},
        {"sid": "not-a-uuid"},
        {"sid": str(uuid.uuid4())},
        {"sub": "0"},
        {"sub": "alice"},
        {"sub": str(10**30)},
        {"sub": 7},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e18},
        {"jti": None},
        {"token_type": "sliding"},
        {"token_type": None},
        {"nbf": 4e9},
        {"aud": "somebody else"},
        {"iss": "somebody else"},
    ],
)
def test_our_own_signature_under_claims_we_never_make(alice: User, change: dict[str, Any]) -> None:
    claims = {**good_claims(alice), **change}
    kept = {name: value for name, value in claims.items() if value is not None}
    token = jwt.encode(kept, KEY, algorithm="HS256")
    assert status_and_code(token) == REFUSED


def test_the_expired_says_so(alice: User) -> None:
    claims = {**good_claims(alice), "exp": int(time.time()) - 1}
    token = jwt.encode(claims, KEY, algorithm="HS256")
    assert status_and_code(token) == (401, "TOKEN_EXPIRED")


def test_a_sign_in_whose_row_is_gone(alice: User) -> None:
    token = an_access_token(alice)
    Login.objects.all().delete()
    assert status_and_code(token) == REFUSED


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "...",
        "a.b.c",
        "é.é.é",
        "x" * 100_000,
        f"{part('[' * 3000)}.{part({})}.x",
        f"{part({'alg': 'HS256'})}.{part('[' * 3000)}.x",
        f"{part('[]')}.{part({})}.x",
        f"{part({'alg': ['HS256']})}.{part({})}.x",
        f"{part({'alg': 'HS256', 'kid': 5})}.{part({})}.x",
        f"{part({'alg': 'RS256', 'kid': 'k'})}.{part({})}.x",
        f"{part({'alg': 'HS256', 'crit': ['b64'], 'b64': False})}.{part({})}.x",
    ],
)
def test_what_is_no_token_at_all(token: str) -> None:
    answer = APIClient().get("/users-only", {"token": token})
    assert (answer.status_code, answer.json()["code"]) == REFUSED
