"""Another issuer's tokens, with a real key server on the loopback."""

import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db.models import F
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.credentials import issuer
from accounts.credentials.gate import AccountsGate
from accounts.credentials.revocation import Reason, end_everything
from accounts.models import User
from realtime.protocol.principal import CredentialError
from tests.accounts.people import LOGOUT, ME, TICKET, bearer
from tests.endpoints.company import eventually
from tests.support.deadlines import PATIENCE_S
from tests.support.processes import free_port

pytestmark = pytest.mark.django_db
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ISSUER, AUDIENCE = "https://issuer.example/", "bellwire"


class KeyServer:
    """Serves a key set, counts who asks, and can be away."""

    def __init__(self) -> None:
        self.fetches = 0
        self.answered = 0
        self.away = False
        # Cleared: it takes requests and does not answer them.
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.body = json.dumps({"keys": [rsa_jwk("rsa-1"), ec_jwk("ec-1")]})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.fetches += 1
                outer.may_answer.wait(PATIENCE_S)
                outer.answered += 1
                self.send_response(503 if outer.away else 200)
                self.end_headers()
                self.wfile.write(b"" if outer.away else outer.body.encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def rsa_jwk(kid: str, key: rsa.RSAPrivateKey = RSA_KEY) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


def ec_jwk(kid: str) -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": kid}


@pytest.fixture
def server(settings: Settings) -> Iterator[KeyServer]:
    server = KeyServer()
    settings.JWT_JWK_URL = server.url
    settings.JWT_ISSUER, settings.JWT_AUDIENCE = ISSUER, AUDIENCE
    issuer.keys_from.cache_clear()
    yield server
    server.stop()
    issuer.keys_from.cache_clear()


def a_token(
    *, key: Any = RSA_KEY, algorithm: str = "RS256", kid: str | None = "rsa-1", **changes: Any
) -> str:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ext-7",
        "iat": int(time.time()),
        "exp": int(time.time()) + 300,
        "preferred_username": "dana",
        "given_name": "Dana",
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def me(token: str) -> tuple[int, Any]:
    answer = APIClient().get(ME, headers=bearer(token))
    return answer.status_code, answer.json()


REFUSED = (401, {"code": "AUTH_ERROR", "message": "Authentication failed"})


def test_the_user_is_created_at_first_sight_and_found_after(server: KeyServer) -> None:
    status, first = me(a_token())
    assert status == 200
    assert first["username"] == "dana"
    assert first["external_id"] == "ext-7"
    assert first["display_name"] == "Dana"
    # The subject names the user, whatever else the token says.
    assert me(a_token(preferred_username="renamed"))[1]["id"] == first["id"]
    assert not User.objects.get().has_usable_password()


def test_elliptic_curves_are_as_good(server: KeyServer) -> None:
    assert me(a_token(key=EC_KEY, algorithm="ES256", kid="ec-1"))[0] == 200


def test_sockets_and_tickets_take_them_too(server: KeyServer) -> None:
    token = a_token()
    principal = AccountsGate().admit_token(token)
    assert (principal.username, principal.login_id) == ("dana", "")
    ticket = APIClient().post(TICKET, headers=bearer(token)).json()["ticket"]
    assert APIClient().get(f"{ME}?ticket={ticket}").status_code == 200
    assert APIClient().post(LOGOUT, headers=bearer(token)).status_code == 204


def test_a_taken_username_is_never_taken_over(server: KeyServer) -> None:
    local = User.objects.create_user("dana")
    status, body = me(a_token())
    assert status == 200
    assert body["id"] != local.pk
    assert body["username"].startswith("dana-")


@pytest.mark.parametrize(
    ("claims", "username"),
    [
        ({"preferred_username": None, "email": "d@example.com"}, "d@example.com"),
        ({"preferred_username": None}, "ext-7"),
        ({"preferred_username": "x" * 300}, "x" * 150),
        ({"preferred_username": "da\u0000na\ud800"}, "dana"),
        ({"preferred_username": 5}, "ext-7"),
    ],
)
def test_usernames_are_made_of_what_the_token_says(
    server: KeyServer, claims: dict[str, Any], username: str
) -> None:
    assert me(a_token(**claims))[1]["username"] == username


@pytest.mark.django_db(transaction=True)
def test_two_first_requests_at_once_make_one_user(
    server: KeyServer, at_once: Callable[..., list[Any]]
) -> None:
    token = a_token()
    answers = at_once(lambda: me(token), 6)
    assert [status for status, _ in answers] == [200] * 6
    assert User.objects.count() == 1


def test_a_disabled_user_stays_out(server: KeyServer) -> None:
    me(a_token())
    User.objects.update(is_active=False)
    assert me(a_token()) == REFUSED


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another program"},
        {"aud": None},
        {"iss": "https://evil.example/"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\u0000b"},
        {"sub": "\ud800"},
        {"sub": "x" * 256},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"typ": "Refresh"},
        {"token_type": "refresh"},
        {"token_use": "id"},
        {"kid": None},
        {"kid": "unknown"},
        {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        {"key": EC_KEY, "algorithm": "ES256", "kid": "rsa-1"},
    ],
)
def test_what_is_not_from_them_for_us_is_refused(
    server: KeyServer, changes: dict[str, Any]
) -> None:
    assert me(a_token(**changes)) == REFUSED
    assert not User.objects.exists()


def test_a_public_key_used_as_a_shared_secret_is_refused(server: KeyServer) -> None:
    # Signed by hand: libraries no longer lend themselves to this.
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = base64url_encode(b'{"alg":"HS256","kid":"rsa-1"}')
    signed = header + b"." + a_token().encode().split(b".")[1]
    signature = base64url_encode(hmac.digest(pem, signed, "sha256"))
    assert me((signed + b"." + signature).decode()) == REFUSED


def test_a_shared_secret_among_their_keys_is_refused(server: KeyServer) -> None:
    oct_key = {"kty": "oct", "kid": "oct-1", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}
    server.body = json.dumps({"keys": [oct_key, rsa_jwk("rsa-1")]})
    token = a_token(key="secret-secret-secret-secret-secret", algorithm="HS256", kid="oct-1")
    assert me(token) == REFUSED


def test_expired_says_so(server: KeyServer) -> None:
    status, body = me(a_token(exp=int(time.time()) - 2))
    assert (status, body["code"]) == (401, "TOKEN_EXPIRED")


def test_keys_are_fetched_once(server: KeyServer) -> None:
    for _ in range(5):
        assert me(a_token())[0] == 200
    assert server.fetches == 1


def test_unknown_keys_cannot_make_us_hammer_the_issuer(server: KeyServer) -> None:
    for number in range(20):
        assert me(a_token(kid=f"invented-{number}")) == REFUSED
    assert server.fetches == 1


def test_a_new_key_is_fetched_once_the_cooldown_is_over(
    server: KeyServer, settings: Settings
) -> None:
    settings.BELLWIRE_JWKS_COOLDOWN_S = 0
    me(a_token())
    server.body = json.dumps({"keys": [rsa_jwk("rsa-2")]})
    assert me(a_token(kid="rsa-2"))[0] == 200
    assert server.fetches == 2


def test_a_new_key_is_looked_up_at_once_after_a_known_one(server: KeyServer) -> None:
    assert me(a_token())[0] == 200
    server.body = json.dumps({"keys": [rsa_jwk("rsa-1"), rsa_jwk("rsa-2")]})
    assert me(a_token(kid="rsa-2"))[0] == 200
    server.body = json.dumps({"keys": [rsa_jwk("rsa-2"), rsa_jwk("rsa-3")]})
    assert me(a_token(kid="rsa-3"))[0] == 200
    assert server.fetches == 3


def test_invented_keys_cause_one_fetch_beside_those_that_find_keys(server: KeyServer) -> None:
    assert me(a_token())[0] == 200
    for number in range(20):
        assert me(a_token(kid=f"invented-{number}")) == REFUSED
    assert me(a_token())[0] == 200
    assert server.fetches == 2


def is_told_to_come_back(token: str) -> bool:
    answer = APIClient().get(ME, headers=bearer(token))
    code = answer.status_code, answer.json()["code"]
    return code == (503, "UNAVAILABLE") and int(answer["Retry-After"]) > 0


def test_while_the_issuer_is_away_its_last_keys_go_on(server: KeyServer) -> None:
    me(a_token())
    server.away = True
    # It may be good: nobody can tell. One fetch is tried, and not one for each.
    for number in range(20):
        assert is_told_to_come_back(a_token(kid=f"unknown-{number}"))
    assert server.fetches == 2
    assert me(a_token())[0] == 200


def test_an_issuer_that_hangs_has_refused_nobody(server: KeyServer, settings: Settings) -> None:
    settings.BELLWIRE_JWKS_TIMEOUT_S = 1
    me(a_token())
    server.may_answer.clear()
    assert is_told_to_come_back(a_token(kid="rsa-2"))
    assert me(a_token())[0] == 200


def test_an_issuer_that_talks_nonsense_has_refused_nobody(server: KeyServer) -> None:
    me(a_token())
    server.body = "<h1>Maintenance</h1>"
    assert is_told_to_come_back(a_token(kid="rsa-2"))
    assert me(a_token())[0] == 200


def test_an_answer_that_lacked_a_key_holds_no_longer_once_the_issuer_is_away(
    server: KeyServer, settings: Settings
) -> None:
    assert me(a_token(kid="unknown")) == REFUSED
    settings.BELLWIRE_JWKS_LIFESPAN_S = 0
    server.away = True
    assert me(a_token())[0] == 200
    # The fetch that this begins finds that out beside the request.
    assert eventually(lambda: is_told_to_come_back(a_token(kid="unknown")))


def test_a_key_is_refused_when_the_issuer_is_back_without_it(
    server: KeyServer, settings: Settings
) -> None:
    settings.BELLWIRE_JWKS_RETRY_S = 0
    me(a_token())
    server.away = True
    assert is_told_to_come_back(a_token(kid="rsa-2"))
    server.away = False
    assert me(a_token(kid="rsa-2")) == REFUSED
    assert me(a_token())[0] == 200


@pytest.mark.parametrize("body", ["not json", "[]", '{"keys": []}', '{"keys": 5}'])
def test_a_key_server_that_talks_nonsense_lets_nobody_in_and_is_not_asked_each_time(
    server: KeyServer, body: str
) -> None:
    server.body = body
    for _ in range(3):
        assert me(a_token())[0] == 503
    assert server.fetches == 1


def test_a_dead_issuer_is_not_asked_by_every_request(server: KeyServer) -> None:
    server.away = True
    for _ in range(5):
        answer = APIClient().get(ME, headers=bearer(a_token()))
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
        assert int(answer["Retry-After"]) > 0
    assert server.fetches == 1


def test_an_issuer_that_is_back_is_asked_again(server: KeyServer, settings: Settings) -> None:
    settings.BELLWIRE_JWKS_RETRY_S = 0
    server.away = True
    assert me(a_token())[0] == 503
    server.away = False
    assert me(a_token())[0] == 200


def test_an_issuer_that_speaks_no_http_is_away(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings.JWT_JWK_URL = f"http://127.0.0.1:{listening.getsockname()[1]}/jwks"
        settings.JWT_ISSUER, settings.JWT_AUDIENCE = ISSUER, AUDIENCE

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        assert me(a_token())[0] == 503
        answering.join()


def test_an_issuer_that_hangs_delays_no_token_whose_key_is_known(
    server: KeyServer, settings: Settings
) -> None:
    # So long that a request which waited for the fetch would never end in this test.
    settings.BELLWIRE_JWKS_TIMEOUT_S = 3600
    settings.BELLWIRE_JWKS_LIFESPAN_S = 0
    assert me(a_token())[0] == 200
    server.may_answer.clear()
    for _ in range(5):
        assert me(a_token())[0] == 200
    assert server.answered == 1, "they were answered while the issuer was not"


def test_keys_that_are_old_are_renewed_beside_the_request(
    server: KeyServer, settings: Settings
) -> None:
    settings.BELLWIRE_JWKS_LIFESPAN_S = 0
    assert me(a_token())[0] == 200
    server.body = json.dumps({"keys": [rsa_jwk("rsa-2")]})
    # The first request after that is answered with the old keys; another one later finds the new.
    assert me(a_token())[0] == 200
    assert eventually(lambda: me(a_token(kid="rsa-2"))[0] == 200)
    assert me(a_token()) == REFUSED


def test_few_wait_for_a_key_that_is_not_known(server: KeyServer, settings: Settings) -> None:
    server.may_answer.clear()
    settings.BELLWIRE_JWKS_WAITING = 0
    assert me(a_token())[0] == 503
    assert server.fetches == 0
    settings.BELLWIRE_JWKS_WAITING = 1
    settings.BELLWIRE_JWKS_TIMEOUT_S = 0
    assert me(a_token())[0] == 503


def test_what_ends_everything_ends_their_tokens_too(server: KeyServer) -> None:
    token = a_token(iat=int(time.time()) - 5)
    undated = a_token(iat=None)
    status, body = me(token)
    assert status == me(undated)[0] == 200
    ticket = APIClient().post(TICKET, headers=bearer(token)).json()["ticket"]
    connected = AccountsGate().admit_token(token)
    other = AccountsGate().admit_token(a_token(sub="ext-8", preferred_username="erin"))
    end_everything(user_id=body["id"], reason=Reason.SIGNED_OUT_EVERYWHERE)
    assert me(token) == me(undated) == REFUSED
    assert APIClient().get(f"{ME}?ticket={ticket}").status_code == 401
    # Also where the instance has not heard that it should close the connection.
    assert AccountsGate().revoked([connected, other]) == {connected}
    # Issued after that: somebody has signed in with the issuer again.
    assert me(a_token(iat=int(time.time()) + 2))[0] == 200
    User.objects.update(tokens_valid_after=F("tokens_valid_after") - timedelta(days=1))
    assert me(undated)[0] == 200, "no token without a date lives for a day"


def test_streams_and_sockets_hear_that_the_issuer_is_away(server: KeyServer) -> None:
    server.away = True
    with pytest.raises(CredentialError) as refusal:
        AccountsGate().admit_token(a_token())
    assert (refusal.value.code, refusal.value.ambient) == ("UNAVAILABLE", False)
    assert refusal.value.retry_after


@pytest.mark.parametrize("missing", ["JWT_JWK_URL", "JWT_ISSUER", "JWT_AUDIENCE"])
def test_with_a_setting_missing_nobody_else_is_trusted(
    server: KeyServer, settings: Settings, missing: str
) -> None:
    setattr(settings, missing, "")
    assert me(a_token()) == REFUSED
    assert server.fetches == 0
