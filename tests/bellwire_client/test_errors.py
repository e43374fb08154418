"""What the server refuses is an error of its own class, with the server's words."""

import uuid
from datetime import datetime

import pytest

from bellwire_client import (
    ApiError,
    AsyncBellwire,
    AuthError,
    Bellwire,
    BellwireError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    TransportError,
)
from tests.bellwire_client.company import Company
from tests.bellwire_client.conftest import Proxies
from tests.bellwire_client.either import Client, Clock, Opener, done
from tests.bellwire_client.proxy import responds
from tests.support.servers import Deployment


async def test_an_unknown_recipient_is_named(client: Client, clock: Clock) -> None:
    with pytest.raises(InvalidError) as caught:
        await done(client.send(usernames=["nobody-at-all"], type="SYSTEM", message="…"))
    error = caught.value
    assert (error.status, error.code, error.message) == (400, "INVALID", "Invalid input")
    assert error.errors["usernames"] == ["No such user: nobody-at-all"]
    assert "nobody-at-all" in str(error)
    assert clock.slept == []


async def test_an_unknown_type_is_named(client: Client) -> None:
    with pytest.raises(InvalidError) as caught:
        await done(client.send(external_ids=["a"], type="NO_SUCH", message="…"))
    assert caught.value.errors == {"type": ["Unknown type: NO_SUCH"]}


async def test_two_kinds_of_recipients_are_one_too_many(client: Client) -> None:
    with pytest.raises(InvalidError, match="exactly one"):
        await done(client.send(external_ids=["a"], user_ids=[1], type="SYSTEM", message="…"))


async def test_a_wrong_key_is_an_auth_error(opens: Opener, deployment: Deployment) -> None:
    client = await opens(deployment.url, "no-such-key")
    with pytest.raises(AuthError) as caught:
        await done(client.send(external_ids=["a"], type="SYSTEM", message="…"))
    assert (caught.value.status, caught.value.code) == (401, "AUTH_ERROR")


async def test_a_key_without_the_scope_is_forbidden(
    opens: Opener, deployment: Deployment, company: Company
) -> None:
    client = await opens(deployment.url, company.reporter_key)
    with pytest.raises(ForbiddenError):
        await done(client.send(external_ids=["a"], type="SYSTEM", message="…"))


async def test_another_services_batch_is_not_found(
    client: Client, opens: Opener, deployment: Deployment, company: Company
) -> None:
    sent = await done(client.send(external_ids=["a"], type="SYSTEM", message="…"))
    other = await opens(deployment.url, company.other_key)
    with pytest.raises(NotFoundError):
        await done(other.sent(sent.batch_id))
    with pytest.raises(NotFoundError):
        await done(other.revoke(sent.batch_id))
    assert (await done(client.sent(sent.batch_id))).deleted == 0


@pytest.mark.parametrize("batch_id", ["no-uuid", "../send", "a/b?c=d#e", "%2e%2e", "é"])
async def test_an_id_that_is_none_leads_nowhere_else(batch_id: str, client: Client) -> None:
    with pytest.raises(NotFoundError):
        await done(client.sent(batch_id))


async def test_a_key_that_came_with_another_body_is_a_conflict(client: Client) -> None:
    key = uuid.uuid4().hex
    await done(client.send(external_ids=["a"], type="SYSTEM", message="1", idempotency_key=key))
    with pytest.raises(ConflictError) as caught:
        await done(client.send(external_ids=["a"], type="SYSTEM", message="2", idempotency_key=key))
    assert caught.value.idempotency_key == key


async def test_more_than_the_server_reads_is_too_large(
    opens: Opener, proxies: Proxies, company: Company
) -> None:
    large = responds(
        413, b'{"code": "MESSAGE_TOO_LARGE", "message": "The body is larger than that"}'
    )
    client = await opens(proxies(large).url, company.key)
    with pytest.raises(TooLargeError) as caught:
        await done(client.send(external_ids=["a"], type="SYSTEM", message="…"))
    assert str(caught.value) == "413 MESSAGE_TOO_LARGE: The body is larger than that"


async def test_every_error_is_caught_as_one(client: Client) -> None:
    with pytest.raises(BellwireError):
        await done(client.send(external_ids=[], type="SYSTEM", message="…"))
    assert issubclass(TransportError, BellwireError)
    assert not issubclass(TransportError, ApiError)


# --- before anything is asked --------------------------------------------------------------------


async def test_a_text_is_not_taken_for_a_list_of_its_letters(client: Client) -> None:
    with pytest.raises(TypeError, match="expected a list as usernames, got the text 'alice'"):
        await done(client.send(usernames="alice", type="SYSTEM", message="…"))


async def test_a_time_without_its_zone_is_refused(client: Client) -> None:
    tomorrow = datetime(2999, 1, 1)  # noqa: DTZ001 - what this is about
    with pytest.raises(ValueError, match="a time with its zone"):
        await done(client.send(user_ids=[1], type="SYSTEM", message="…", expires_at=tomorrow))


@pytest.mark.parametrize("key", ["", "a\nb", "é"])
async def test_a_key_that_no_header_can_carry_is_refused(key: str, client: Client) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        await done(client.send(user_ids=[1], type="SYSTEM", message="…", idempotency_key=key))


@pytest.mark.parametrize("which", [Bellwire, AsyncBellwire])
@pytest.mark.parametrize("url", ["", "bellwire.example", "ftp://bellwire.example", "http://"])
def test_what_is_no_url_is_refused(url: str, which: type[Client]) -> None:
    with pytest.raises(ValueError, match="http"):
        which(url, "key")


@pytest.mark.parametrize("which", [Bellwire, AsyncBellwire])
def test_what_is_no_key_is_refused_and_not_repeated(which: type[Client]) -> None:
    with pytest.raises(ValueError, match="service key") as caught:
        which("http://bellwire.example", "se\ncret")
    assert "cret" not in str(caught.value)


async def test_the_end_of_a_line_after_the_key_does_not_matter(
    opens: Opener, deployment: Deployment, company: Company
) -> None:
    client = await opens(deployment.url + "/", company.key + "\n")
    assert (await done(client.send(external_ids=["a"], type="SYSTEM", message="…"))).count == 1
