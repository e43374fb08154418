"""How the tests sign in, and what they carry afterwards."""

from datetime import timedelta
from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import issue_access_tokens

PASSWORD = "correct horse battery staple"
TOKEN = "/api/v1/auth/token"
REFRESH = "/api/v1/auth/token/refresh"
LOGOUT = "/api/v1/auth/logout"
TICKET = "/api/v1/auth/ticket"
ME = "/api/v1/auth/me"
CSRF = "/api/v1/auth/csrf"


def sign_in(client: APIClient, username: str = "alice", password: str = PASSWORD) -> dict[str, Any]:
    """Sign in; the cookies stay in the client."""
    answer = client.post(TOKEN, {"username": username, "password": password})
    assert answer.status_code == 200, answer.content
    tokens: dict[str, Any] = answer.json()
    return tokens


def an_access_token(user: User, lifetime: timedelta | None = None) -> str:
    return issue_access_tokens(users=[user], lifetime=lifetime)[0]


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
