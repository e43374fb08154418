"""A session without a credential is that of the browser which opened it."""

from dataclasses import replace

import pytest

from realtime.transports.sockjs.binding import binding_of
from realtime.transports.sockjs.session import Claim
from tests.conformance.sockjs.test_session import ECHO, session_of

FIREFOX, CURL = "Mozilla/5.0 Firefox/140.0", "curl/8.0"
HERE, THERE = "https://bellwire.example", "https://elsewhere.example"


def shown(agent: str | None = FIREFOX, origin: str | None = None) -> str:
    headers = [(b"user-agent", agent.encode())] if agent is not None else []
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return binding_of({"headers": headers})


@pytest.mark.parametrize(
    ("opened_by", "asked_by", "claim"),
    [
        (shown(origin=HERE), shown(origin=HERE), Claim.OWN),
        (shown(origin=HERE), shown(agent=CURL, origin=HERE), Claim.OTHER),
        (shown(origin=HERE), shown(agent=None, origin=HERE), Claim.OTHER),
        (shown(origin=HERE), shown(origin=THERE), Claim.OTHER),
        # eventsource is a GET, its xhr_send a POST.
        (shown(), shown(origin=HERE), Claim.OWN),
        (shown(origin=HERE), shown(), Claim.OWN),
        (shown(origin=HERE), shown(origin="null"), Claim.OWN),
        (shown(agent=None), shown(agent=None), Claim.OWN),
        (shown(), "", Claim.OTHER),
        (shown(), "a token's hash", Claim.UNKNOWN),
        ("a token's hash", shown(), Claim.OTHER),
    ],
)
async def test_a_session_is_the_same_browsers(opened_by: str, asked_by: str, claim: Claim) -> None:
    async with session_of(replace(ECHO, private=True), credential=opened_by) as (session, _):
        assert session.claim(asked_by, None) is claim
        assert session.claim(opened_by, None) is Claim.OWN


async def test_the_first_origin_that_is_shown_is_the_sessions() -> None:
    async with session_of(replace(ECHO, private=True), credential=shown()) as (session, _):
        assert session.claim(shown(origin=HERE), None) is Claim.OWN
        assert session.claim(shown(origin=THERE), None) is Claim.OTHER
        for _ in range(10):
            assert session.claim(shown(), None) is Claim.OWN
        assert session.claim(shown(origin=THERE), None) is Claim.OTHER
