"""The same credentials at every entrance: REST, and the gate of sockets and streams."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.credentials.gate import AccountsGate
from accounts.credentials.service_keys import create_service_key
from accounts.models import Login, Ticket, User
from accounts.services import sign_out
from realtime.protocol.principal import CredentialError, Principal
from tests.accounts.people import ME, TICKET, an_access_token, bearer, sign_in

pytestmark = pytest.mark.django_db


def a_handshake(
    *, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """An ASGI scope as a browser on ws://testserver/ws would open it."""
    pairs = {"host": "testserver", **(headers or {})}
    return {
        "type": "websocket",
        "scheme": "ws",
        "path": "/ws",
        "query_string": urlencode(query or {}).encode(),
        "headers": [(name.encode(), value.encode()) for name, value in pairs.items()],
    }


def code_of(scope: Mapping[str, Any]) -> str:
    with pytest.raises(CredentialError) as refusal:
        AccountsGate().admit(scope)
    return refusal.value.code


class TestTheGate:
    def test_admits_a_bearer_with_its_sign_in_and_expiry(self, alice: User) -> None:
        headers = bearer(an_access_token(alice))
        principal = AccountsGate().admit(a_handshake(headers=headers))
        assert (principal.user_id, principal.username) == (alice.pk, "alice")
        assert principal.login_id == str(Login.objects.get().pk)
        expected = timezone.now() + timedelta(minutes=15)
        assert abs(principal.expires_at - expected.timestamp()) < 5

    @pytest.mark.parametrize("name", ["token", "access_token"])
    def test_admits_a_token_in_the_query(self, alice: User, name: str) -> None:
        query = {name: an_access_token(alice)}
        assert AccountsGate().admit(a_handshake(query=query)).user_id == alice.pk

    @pytest.mark.parametrize("origin", [None, "http://testserver", "https://portal.example"])
    def test_admits_the_cookie_from_our_own_pages_and_from_programs(
        self, alice: User, settings: Settings, origin: str | None
    ) -> None:
        settings.BELLWIRE_ALLOWED_ORIGINS = ["https://portal.example"]
        headers = {"cookie": f"access_token={an_access_token(alice)}"}
        if origin:
            headers["origin"] = origin
        assert AccountsGate().admit(a_handshake(headers=headers)).user_id == alice.pk

    @pytest.mark.parametrize("origin", ["https://evil.example", "https://testserver", "null"])
    def test_refuses_the_cookie_from_another_sites_page(self, alice: User, origin: str) -> None:
        cookie = f"access_token={an_access_token(alice)}"
        assert code_of(a_handshake(headers={"cookie": cookie, "origin": origin})) == "FORBIDDEN"

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "something new"])
    def test_refuses_the_cookie_of_a_request_that_another_site_made_without_origin(
        self, alice: User, settings: Settings, site: str
    ) -> None:
        settings.BELLWIRE_ALLOWED_ORIGINS = ["https://portal.example"]
        headers = {"cookie": f"access_token={an_access_token(alice)}", "sec-fetch-site": site}
        assert code_of(a_handshake(headers=headers)) == "FORBIDDEN"
        assert AccountsGate().fingerprint(a_handshake(headers=headers)) == ""
        allowed = {**headers, "origin": "https://portal.example"}
        assert AccountsGate().admit(a_handshake(headers=allowed)).user_id == alice.pk
        said = {**headers, **bearer(an_access_token(alice))}
        assert AccountsGate().admit(a_handshake(headers=said)).user_id == alice.pk

    @pytest.mark.parametrize("site", ["same-origin", "none"])
    def test_admits_the_cookie_of_a_request_that_no_other_site_made(
        self, alice: User, site: str
    ) -> None:
        headers = {"cookie": f"access_token={an_access_token(alice)}", "sec-fetch-site": site}
        assert AccountsGate().admit(a_handshake(headers=headers)).user_id == alice.pk

    def test_minds_no_origin_where_the_token_is_said_explicitly(self, alice: User) -> None:
        headers = {**bearer(an_access_token(alice)), "origin": "https://evil.example"}
        assert AccountsGate().admit(a_handshake(headers=headers)).user_id == alice.pk

    def test_knows_the_outer_scheme_behind_a_proxy(self, alice: User) -> None:
        headers = {
            "cookie": f"access_token={an_access_token(alice)}",
            "origin": "https://testserver",
            "x-forwarded-proto": "https",
        }
        assert AccountsGate().admit(a_handshake(headers=headers)).user_id == alice.pk

    def test_refuses_who_brings_nothing(self, db: None) -> None:
        assert code_of(a_handshake()) == "AUTH_ERROR"

    def test_refuses_a_good_cookie_beside_a_bad_header(self, alice: User) -> None:
        headers = {"authorization": "Bearer x", "cookie": f"access_token={an_access_token(alice)}"}
        assert code_of(a_handshake(headers=headers)) == "AUTH_ERROR"

    def test_refuses_services(self, db: None) -> None:
        _, key = create_service_key(name="orders")
        assert code_of(a_handshake(headers={"authorization": f"Api-Key {key}"})) == "AUTH_ERROR"

    def test_refuses_the_expired_the_disabled_and_the_signed_out(self, alice: User) -> None:
        expired = an_access_token(alice, lifetime=timedelta(seconds=-1))
        assert code_of(a_handshake(headers=bearer(expired))) == "TOKEN_EXPIRED"
        signed_out = an_access_token(alice)
        for login in Login.objects.all():
            sign_out(login_id=login.pk)
        assert code_of(a_handshake(headers=bearer(signed_out))) == "AUTH_ERROR"
        disabled = an_access_token(alice)
        User.objects.update(is_active=False)
        assert code_of(a_handshake(headers=bearer(disabled))) == "AUTH_ERROR"

    def test_renews_for_the_same_user_only(self, alice: User, bob: User) -> None:
        gate = AccountsGate()
        principal = gate.admit_token(an_access_token(alice, lifetime=timedelta(minutes=1)))
        renewed = gate.renew(principal, an_access_token(alice))
        assert renewed.expires_at > principal.expires_at
        with pytest.raises(CredentialError, match="Authentication failed"):
            gate.renew(principal, an_access_token(bob))
        with pytest.raises(CredentialError) as refusal:
            gate.renew(principal, an_access_token(alice, lifetime=timedelta(seconds=-1)))
        assert refusal.value.code == "TOKEN_EXPIRED"

    def test_finds_the_revoked_in_two_queries(
        self, alice: User, bob: User, django_assert_num_queries: Any
    ) -> None:
        gate = AccountsGate()
        stays = gate.admit_token(an_access_token(alice))
        leaves = gate.admit_token(an_access_token(alice))
        disabled = gate.admit_token(an_access_token(bob))
        without_login = Principal(alice.pk, "alice", "", 0.0)
        deleted = Principal(10**6, "ghost", "", 0.0)
        sign_out(login_id=Login.objects.get(pk=leaves.login_id).pk)
        User.objects.filter(pk=bob.pk).update(is_active=False)
        with django_assert_num_queries(2):
            revoked = gate.revoked([stays, leaves, disabled, without_login, deleted])
        assert revoked == {leaves, disabled, deleted}


class TestRest:
    def test_says_how_the_caller_came(self, client: APIClient, alice: User) -> None:
        token = sign_in(client)["access"]
        program = APIClient()
        assert program.get("/users-only", headers=bearer(token)).json()["kind"] == "bearer"
        assert program.get(f"/users-only?token={token}").json()["kind"] == "query"
        assert program.get(f"/users-only?access_token={token}").json()["kind"] == "query"
        assert client.get("/users-only").json() == {"username": "alice", "kind": "cookie"}

    def test_the_cookie_needs_the_csrf_token_for_unsafe_methods(
        self, client: APIClient, alice: User
    ) -> None:
        token = sign_in(client)["csrf_token"]
        refused = client.post("/users-only")
        assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
        assert client.post("/users-only", headers={"x-csrftoken": "wrong"}).status_code == 403
        assert client.post("/users-only", headers={"x-csrftoken": token}).status_code == 200

    def test_a_program_over_https_without_origin_or_referer_is_no_other_site(
        self, client: APIClient, alice: User
    ) -> None:
        token = sign_in(client)["csrf_token"]
        answer = client.post("/users-only", headers={"x-csrftoken": token}, secure=True)
        assert answer.status_code == 200
        headers = {"x-csrftoken": token, "referer": "https://evil.example/page"}
        assert client.post("/users-only", headers=headers, secure=True).status_code == 403

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_the_cookie_from_another_sites_page_is_refused(
        self, client: APIClient, alice: User, method: str
    ) -> None:
        token = sign_in(client)["csrf_token"]
        headers = {"x-csrftoken": token, "origin": "https://evil.example"}
        answer = getattr(client, method)("/users-only", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")

    @pytest.mark.parametrize(
        ("site", "status"),
        [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)],
    )
    def test_the_cookie_of_a_get_without_origin_is_judged_by_the_site(
        self, client: APIClient, alice: User, site: str, status: int
    ) -> None:
        sign_in(client)
        answer = client.get("/users-only", headers={"sec-fetch-site": site})
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "FORBIDDEN"

    def test_an_allowed_origin_may_use_the_cookie(
        self, client: APIClient, alice: User, settings: Settings
    ) -> None:
        origins = ["https://portal.example"]
        settings.BELLWIRE_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = origins
        token = sign_in(client)["csrf_token"]
        headers = {"x-csrftoken": token, "origin": "https://portal.example"}
        assert client.post("/users-only", headers=headers).status_code == 200

    def test_an_explicit_token_needs_no_csrf_token(self, alice: User) -> None:
        program = APIClient(enforce_csrf_checks=True)
        headers = bearer(an_access_token(alice))
        assert program.post("/users-only", headers=headers).status_code == 200

    def test_the_disabled_and_the_expired_are_401(self, alice: User) -> None:
        expired = bearer(an_access_token(alice, lifetime=timedelta(seconds=-1)))
        answer = APIClient().get(ME, headers=expired)
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")
        good = bearer(an_access_token(alice))
        User.objects.update(is_active=False)
        answer = APIClient().get(ME, headers=good)
        assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_ERROR")
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_a_request_costs_one_query(self, alice: User, django_assert_num_queries: Any) -> None:
        headers = bearer(an_access_token(alice))
        with django_assert_num_queries(1):
            assert APIClient().get(ME, headers=headers).status_code == 200


class TestTickets:
    def a_ticket(self, user: User) -> str:
        answer = APIClient().post(TICKET, headers=bearer(an_access_token(user)))
        assert answer.status_code == 200
        assert answer.json()["expires_in"] == 30
        ticket: str = answer.json()["ticket"]
        return ticket

    def test_ticket_opens_one_connection_once(self, alice: User) -> None:
        scope = a_handshake(query={"ticket": self.a_ticket(alice)})
        principal = AccountsGate().admit(scope)
        assert principal.user_id == alice.pk
        assert principal.login_id == str(Login.objects.get().pk)
        assert code_of(scope) == "AUTH_ERROR"

    def test_what_it_opens_expires_with_the_token_that_bought_it(self, alice: User) -> None:
        token = an_access_token(alice, lifetime=timedelta(minutes=2))
        ticket = APIClient().post(TICKET, headers=bearer(token)).json()["ticket"]
        principal = AccountsGate().admit(a_handshake(query={"ticket": ticket}))
        assert principal.expires_at == AccountsGate().admit_token(token).expires_at

    def test_opens_rest_too(self, alice: User) -> None:
        ticket = self.a_ticket(alice)
        assert APIClient().get(f"/users-only?ticket={ticket}").json()["kind"] == "ticket"
        assert APIClient().get(f"/users-only?ticket={ticket}").status_code == 401

    def test_is_stored_hashed(self, alice: User) -> None:
        ticket = self.a_ticket(alice)
        assert ticket not in Ticket.objects.get().digest

    def test_is_worth_nothing_after_30_seconds(self, alice: User) -> None:
        ticket = self.a_ticket(alice)
        left = Ticket.objects.get().expires_at - datetime.now(UTC)
        assert timedelta(seconds=25) < left <= timedelta(seconds=30)
        Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert code_of(a_handshake(query={"ticket": ticket})) == "AUTH_ERROR"

    def test_is_worth_nothing_after_signing_out(self, alice: User) -> None:
        ticket = self.a_ticket(alice)
        sign_out(login_id=Login.objects.get().pk)
        assert code_of(a_handshake(query={"ticket": ticket})) == "AUTH_ERROR"

    def test_is_not_for_services(self, db: None) -> None:
        _, key = create_service_key(name="orders")
        answer = APIClient().post(TICKET, headers={"authorization": f"Api-Key {key}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")

    @pytest.mark.django_db(transaction=True)
    def test_of_many_who_come_with_it_at_once_one_gets_in(self, alice: User, at_once: Any) -> None:
        scope = a_handshake(query={"ticket": self.a_ticket(alice)})
        results = at_once(lambda: AccountsGate().admit(scope), 6)
        assert sum(isinstance(result, Principal) for result in results) == 1
        assert sum(isinstance(result, CredentialError) for result in results) == 5
