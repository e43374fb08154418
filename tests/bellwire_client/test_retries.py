"""A network that fails between the client and a real server: everything still happens once."""

import logging
import uuid

import pytest

from bellwire_client import (
    ApiError,
    RateLimitedError,
    Retries,
    Sent,
    ServerError,
    TransportError,
    UnreadableError,
)
from tests.bellwire_client import stored
from tests.bellwire_client.company import Company
from tests.bellwire_client.conftest import Proxies
from tests.bellwire_client.either import Client, Clock, Opener, done
from tests.bellwire_client.proxy import (
    ANSWER_HELD,
    ANSWER_LOST,
    ANSWER_RESET,
    COMMITTED_504,
    REFUSED,
    Fault,
    responds,
)
from tests.support.servers import Deployment

BUSY = b'{"code": "RATE_LIMITED", "message": "Too many requests"}'
# Where the server has committed what the client is not told of.
AFTER_THE_COMMIT = {
    "closed": ANSWER_LOST,
    "reset": ANSWER_RESET,
    "504 instead": COMMITTED_504,
}
BEFORE_THE_SERVER = {
    "reset": REFUSED,
    "502": responds(502),
    "503": responds(503),
    "504": responds(504),
    "429": responds(429, BUSY, Retry_After="1"),
}


async def sends(client: Client, message: str) -> Sent:
    return await done(client.send(external_ids=["somebody"], type="SYSTEM", message=message))


def some_message() -> str:
    return f"surely {uuid.uuid4()}"


@pytest.mark.parametrize("fault", AFTER_THE_COMMIT.values(), ids=AFTER_THE_COMMIT)
async def test_an_answer_lost_after_the_commit_is_asked_for_again_and_nothing_is_sent_twice(
    fault: Fault, opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    proxy, message = proxies(fault, fault), some_message()

    sent = await sends(await opens(proxy.url, company.key), message)

    # The first try's notification, and the first try's answer.
    assert stored.notifications(deployment, message) == list(sent.ids)
    assert len(proxy.seen) == 3
    assert len({(seen.idempotency_key, seen.body) for seen in proxy.seen}) == 1


@pytest.mark.parametrize("fault", BEFORE_THE_SERVER.values(), ids=BEFORE_THE_SERVER)
async def test_what_passes_before_it_reaches_the_server_is_tried_again(
    fault: Fault, opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    proxy, message = proxies(fault), some_message()

    sent = await sends(await opens(proxy.url, company.key), message)

    assert stored.notifications(deployment, message) == list(sent.ids)
    assert len(proxy.seen) == 2


async def test_an_answer_that_does_not_come_in_time_is_asked_for_again(
    opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    proxy, message = proxies(ANSWER_HELD), some_message()
    # Long enough for a busy machine to answer one of the tries.
    client = await opens(proxy.url, company.key, answers_within=2.0)

    sent = await sends(client, message)

    assert stored.notifications(deployment, message) == list(sent.ids)
    assert len(proxy.seen) >= 2


async def test_a_server_that_is_not_there_yet_is_waited_for(
    opens: Opener, proxies: Proxies, company: Company, clock: Clock, deployment: Deployment
) -> None:
    proxy, message = proxies(opened=False), some_message()

    def comes_up_at_the_third() -> None:
        if len(clock.slept) == 3:
            proxy.opens()

    clock.woken = comes_up_at_the_third
    sent = await sends(await opens(proxy.url, company.key), message)

    assert stored.notifications(deployment, message) == list(sent.ids)
    assert clock.slept == [0.25, 0.5, 1.0]


async def test_an_instance_that_dies_after_the_commit_sends_nothing_again_when_it_is_back(
    opens: Opener, proxies: Proxies, company: Company, clock: Clock, deployment: Deployment
) -> None:
    proxy, message = proxies(ANSWER_LOST), some_message()

    def dies_and_comes_back() -> None:
        deployment.server.kill()
        deployment.server.start()

    clock.woken = dies_and_comes_back
    sent = await sends(await opens(proxy.url, company.key), message)

    assert len(clock.slept) == 1
    assert stored.notifications(deployment, message) == list(sent.ids)


async def test_reading_and_revoking_a_batch_is_repeated_as_well(
    opens: Opener, proxies: Proxies, company: Company
) -> None:
    proxy = proxies()
    client = await opens(proxy.url, company.key)
    sent = await sends(client, some_message())

    proxy.fails_next(ANSWER_LOST)
    await done(client.revoke(sent.batch_id))
    proxy.fails_next(responds(503))
    batch = await done(client.sent(sent.batch_id))

    assert batch.deleted == 1
    assert [seen.method for seen in proxy.seen] == ["POST", "DELETE", "DELETE", "GET", "GET"]


async def test_every_call_has_a_key_of_its_own(
    opens: Opener, proxies: Proxies, company: Company
) -> None:
    proxy = proxies()
    client = await opens(proxy.url, company.key)
    for _ in range(3):
        await sends(client, "the same words")
    assert len({seen.idempotency_key for seen in proxy.seen}) == 3


# --- how long ------------------------------------------------------------------------------------


async def test_each_wait_is_twice_the_one_before_up_to_a_limit(
    opens: Opener, proxies: Proxies, company: Company, clock: Clock
) -> None:
    client = await opens(proxies(opened=False).url, company.key)
    with pytest.raises(TransportError):
        await sends(client, "nobody hears")
    assert clock.slept == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


async def test_chance_shortens_a_wait_by_half_at_most(
    opens: Opener, proxies: Proxies, company: Company, clock: Clock
) -> None:
    chances = iter([0.0, 0.5, 1.0])
    retries = Retries(attempts=4, first_s=1.0, chance=lambda: next(chances))
    client = await opens(proxies(opened=False).url, company.key, retries=retries)
    with pytest.raises(TransportError):
        await sends(client, "nobody hears")
    assert clock.slept == [0.5, 1.5, 4.0]


async def test_clients_wait_differently_unless_told_otherwise(
    opens: Opener, proxies: Proxies, company: Company, clock: Clock
) -> None:
    client = await opens(proxies(opened=False).url, company.key, retries=Retries())
    for _ in range(2):
        with pytest.raises(TransportError):
            await sends(client, "nobody hears")
    assert len(set(clock.slept)) == len(clock.slept) == 14


async def test_the_time_that_the_server_asks_for_is_waited_in_addition(
    opens: Opener, proxies: Proxies, company: Company, clock: Clock
) -> None:
    at_noon = "Sat, 31 Jan 2026 12:00:00 GMT"
    proxy = proxies(
        responds(429, BUSY, Retry_After="7"),
        responds(503, Retry_After="Sat, 31 Jan 2026 12:00:20 GMT", Date=at_noon),
        responds(503, Retry_After="soon"),
    )
    await sends(await opens(proxy.url, company.key), "at last")
    assert clock.slept == [7.25, 20.5, 1.0]


async def test_a_server_that_asks_for_more_than_the_patience_is_not_waited_for(
    opens: Opener, proxies: Proxies, company: Company, clock: Clock
) -> None:
    proxy = proxies(responds(429, BUSY, Retry_After="3600"))
    client = await opens(proxy.url, company.key)
    with pytest.raises(RateLimitedError) as caught:
        await sends(client, "too much")
    assert (caught.value.code, caught.value.retry_after_s) == ("RATE_LIMITED", 3600)
    assert clock.slept == []


async def test_all_tries_together_do_not_outlast_the_patience(
    opens: Opener, proxies: Proxies, company: Company, clock: Clock
) -> None:
    proxy = proxies(*[responds(503, Retry_After="25")] * 9)
    client = await opens(proxy.url, company.key)
    with pytest.raises(ServerError):
        await sends(client, "too long")
    assert clock.slept == [25.25, 25.5]


# --- giving up -----------------------------------------------------------------------------------


async def test_who_gives_up_learns_the_key_and_can_send_the_same_once_more(
    opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    proxy, message = proxies(ANSWER_LOST, REFUSED), some_message()
    client = await opens(proxy.url, company.key, retries=Retries(attempts=2))
    with pytest.raises(TransportError) as caught:
        await sends(client, message)

    again = await done(
        client.send(
            external_ids=["somebody"],
            type="SYSTEM",
            message=message,
            idempotency_key=caught.value.idempotency_key,
        )
    )
    assert stored.notifications(deployment, message) == list(again.ids)


@pytest.mark.parametrize("status", [500, 501, 302])
async def test_what_does_not_pass_is_not_tried_again(
    status: int, opens: Opener, proxies: Proxies, company: Company, clock: Clock
) -> None:
    proxy = proxies(responds(status, b"<h1>Oops</h1>", Location="/elsewhere"))
    client = await opens(proxy.url, company.key)
    with pytest.raises(ApiError, match="Oops") as caught:
        await sends(client, "…")
    assert (caught.value.status, caught.value.code) == (status, f"HTTP_{status}")
    assert isinstance(caught.value, ServerError) == (status >= 500)
    assert len(proxy.seen) == 1


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b"[]", b'{"count": 1}'])
async def test_a_success_that_is_not_bellwires_is_told_as_such(
    body: bytes, opens: Opener, proxies: Proxies, company: Company
) -> None:
    client = await opens(proxies(responds(200, body)).url, company.key)
    with pytest.raises(UnreadableError) as caught:
        await sends(client, "…")
    assert caught.value.idempotency_key


async def test_a_retry_is_logged_without_the_service_key(
    opens: Opener,
    proxies: Proxies,
    company: Company,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = await opens(proxies(REFUSED, responds(503)).url, company.key)
    with caplog.at_level(logging.DEBUG):
        await sends(client, "…")
    lines = [record.getMessage() for record in caplog.records if record.name == "bellwire_client"]
    assert len(lines) == 2
    assert lines[1] == "POST /api/v1/notifications/send: 503; again in 0.50 s"
    assert company.key not in caplog.text
    assert company.key not in repr(client)
