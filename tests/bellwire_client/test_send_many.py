"""Many notifications in one call, and a sender that collects them."""

import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from bellwire_client import (
    Bellwire,
    BellwireError,
    BufferedSender,
    ConflictError,
    Failed,
    InvalidError,
    Item,
    Retries,
    Sent,
    ServerError,
    TransportError,
    item,
)
from tests.bellwire_client import stored
from tests.bellwire_client.company import Company
from tests.bellwire_client.conftest import Proxies
from tests.bellwire_client.either import Client, Opener, done
from tests.bellwire_client.proxy import ANSWER_LOST, REFUSED, Fault, responds
from tests.support.deadlines import PATIENCE_S
from tests.support.servers import Deployment
from tools.paths import ROOT

# A wait of a moment between two attempts: a thread of its own sleeps for real.
QUICK = Retries(first_s=0.01, longest_s=0.01)


def an_item(message: str, *names: str, key: str | None = None) -> Item:
    return item(
        external_ids=names or ["somebody"], type="SYSTEM", message=message, idempotency_key=key
    )


# --- one call ------------------------------------------------------------------------------------


async def test_each_item_has_its_result_in_order(client: Client, deployment: Deployment) -> None:
    message = f"many {uuid.uuid4()}"
    items = [an_item(message, f"p-{number}", "q") for number in range(3)]
    results = await done(client.send_many(items))
    assert [isinstance(each, Sent) and each.count for each in results] == [2, 2, 2]
    ids = [row for each in results if isinstance(each, Sent) for row in each.ids]
    assert stored.notifications(deployment, message) == sorted(ids)


async def test_without_atomic_an_item_that_failed_says_why(client: Client) -> None:
    items = [
        an_item("fine"),
        item(usernames=["nobody-at-all"], type="SYSTEM", message="x"),
    ]
    sent, failed = await done(client.send_many(items, atomic=False))
    assert isinstance(sent, Sent)
    assert failed == Failed(
        "INVALID", "Invalid input", {"usernames": ["No such user: nobody-at-all"]}
    )
    with pytest.raises(InvalidError) as refused:
        await done(client.send_many(items))
    assert list(refused.value.errors) == ["items.1.usernames"]


async def test_a_lost_answer_sends_once(
    opens: Opener, proxies: Proxies, company: Company, deployment: Deployment
) -> None:
    message = f"once {uuid.uuid4()}"
    client = await opens(proxies(ANSWER_LOST, REFUSED).url, company.key)
    results = await done(client.send_many([an_item(message), an_item(message)]))
    ids = [each.ids[0] for each in results if isinstance(each, Sent)]
    assert stored.notifications(deployment, message) == ids


@pytest.mark.once
def test_nothing_to_send_is_an_error_before_it_is_sent() -> None:
    with Bellwire("http://bellwire.example", "key") as client:
        with pytest.raises(ValueError, match="at least one item"):
            client.send_many([])
        with pytest.raises(TypeError):
            item(usernames="alice", type="SYSTEM", message="x")


# --- the buffered sender -------------------------------------------------------------------------


Buffers = Callable[..., BufferedSender]


@pytest.fixture
def buffers(company: Company) -> Iterator[Buffers]:
    """`buffers(url, max_items=…)`: a sender to the server at this URL, ended after the test."""
    with ExitStack() as ends:

        def make(url: str, **options: Any) -> BufferedSender:
            # Nothing but http: certificates would be read for nothing.
            http = ends.enter_context(httpx.Client(trust_env=False, verify=False))  # noqa: S501
            client = Bellwire(url, company.key, http=http, retries=QUICK)
            return ends.enter_context(BufferedSender(client, **options))

        yield make


def test_what_comes_together_is_sent_together_in_order(
    proxies: Proxies, buffers: Buffers, deployment: Deployment
) -> None:
    message = f"buffered {uuid.uuid4()}"
    proxy = proxies()
    # By number, never by time: the test decides when a group is full.
    with buffers(proxy.url, max_items=50, max_delay_s=3_600) as sender:
        sends = [
            sender.send(external_ids=["buffered"], type="SYSTEM", message=message)
            for _ in range(120)
        ]
        first = [each.result(PATIENCE_S).ids[0] for each in sends[:100]]
        assert not sends[119].done()
    ids = first + [each.result(0).ids[0] for each in sends[100:]]
    assert ids == sorted(ids) == stored.notifications(deployment, message)
    assert [seen.path.rpartition("/")[2] for seen in proxy.seen] == ["send-many"] * 3


def test_what_waits_for_long_enough_is_sent(buffers: Buffers, deployment: Deployment) -> None:
    with buffers(deployment.url, max_delay_s=0.01) as sender:
        sent = sender.send(external_ids=["somebody"], type="SYSTEM", message="soon")
        assert sent.result(PATIENCE_S).count == 1


def test_flush_waits_for_the_answers(buffers: Buffers, deployment: Deployment) -> None:
    with buffers(deployment.url, max_delay_s=3_600) as sender:
        sends = [sender.add(an_item("flushed")) for _ in range(3)]
        sender.flush()
        assert all(each.done() for each in sends)
        sender.flush()


@pytest.mark.parametrize("fault", [REFUSED, ANSWER_LOST, responds(503), responds(200)])
def test_nothing_is_lost_or_doubled_while_the_server_fails(
    proxies: Proxies, buffers: Buffers, deployment: Deployment, fault: Fault
) -> None:
    message = f"failing {uuid.uuid4()}"
    # More often than the client's own retries.
    proxy = proxies(*[fault] * 10)
    with buffers(proxy.url, max_delay_s=0.01) as sender:
        sends = [sender.add(an_item(message)) for _ in range(5)]
    ids = [each.result(0).ids[0] for each in sends]
    assert stored.notifications(deployment, message) == ids


def test_an_item_that_is_refused_has_its_error_and_the_others_are_sent(
    buffers: Buffers, company: Company, deployment: Deployment
) -> None:
    refused: list[tuple[Item, BellwireError]] = []
    with Bellwire(deployment.url, company.key) as client:
        client.send(
            external_ids=["somebody"], type="SYSTEM", message="first", idempotency_key="taken"
        )
    with buffers(deployment.url, on_error=lambda *each: refused.append(each)) as sender:
        fine = sender.add(an_item("fine"))
        unknown = sender.send(usernames=["nobody-at-all"], type="SYSTEM", message="x")
        taken = sender.add(an_item("second", key="taken"))
    assert fine.result(0).count == 1
    assert isinstance(unknown.exception(0), InvalidError)
    assert isinstance(taken.exception(0), ConflictError)
    assert [error for _, error in refused] == [unknown.exception(0), taken.exception(0)]


def test_a_request_that_is_refused_as_a_whole_is_sent_in_halves(
    proxies: Proxies, buffers: Buffers, deployment: Deployment
) -> None:
    message = f"halves {uuid.uuid4()}"
    proxy = proxies(responds(413))
    with buffers(proxy.url, max_delay_s=3_600) as sender:
        sends = [sender.add(an_item(message)) for _ in range(5)]
    ids = [each.result(0).ids[0] for each in sends]
    assert stored.notifications(deployment, message) == ids
    assert len(proxy.seen) == 3


def test_an_item_that_the_server_fails_on_does_not_hold_up_the_others(
    proxies: Proxies, buffers: Buffers, deployment: Deployment
) -> None:
    message = f"fault {uuid.uuid4()}"
    # Both together, and then the first one by itself.
    proxy = proxies(responds(500), responds(500))
    with buffers(proxy.url, max_delay_s=3_600) as sender:
        first, second = (sender.add(an_item(message)) for _ in range(2))
    assert isinstance(first.exception(0), ServerError)
    assert stored.notifications(deployment, message) == list(second.result(0).ids)


def test_close_gives_up_at_its_time_and_says_what_is_left(buffers: Buffers) -> None:
    sender = buffers("http://127.0.0.1:9", close_s=0)
    left = sender.add(an_item("lost"))
    sender.close()
    assert isinstance(left.exception(0), TransportError)
    with pytest.raises(RuntimeError, match="closed"):
        sender.add(an_item("too late"))


def test_a_full_buffer_makes_send_wait(proxies: Proxies, buffers: Buffers) -> None:
    proxy = proxies(opened=False)
    sender = buffers(proxy.url, max_items=1, max_delay_s=0, max_waiting=1)
    added: list[Item] = []

    def add() -> None:
        for number in range(4):
            made = an_item(str(number))
            sender.add(made)
            added.append(made)

    thread = threading.Thread(target=add)
    thread.start()
    # One is under way and one waits: there is no room for the others until the server is there.
    assert len(added) < 4
    proxy.opens()
    thread.join(PATIENCE_S)
    assert len(added) == 4
    sender.close()


_AT_EXIT = """
import os
from bellwire_client import Bellwire, BufferedSender
sender = BufferedSender(Bellwire(os.environ["URL"], os.environ["KEY"]), max_delay_s=3600)
for _ in range(7):
    sender.send(external_ids=["somebody"], type="SYSTEM", message=os.environ["MESSAGE"])
{end}
"""


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "raise ValueError('a fault')"])
def test_the_end_of_the_interpreter_sends_what_waits(
    company: Company, deployment: Deployment, end: str
) -> None:
    message = f"exit {uuid.uuid4()}"
    environment = {"URL": deployment.url, "KEY": company.key, "MESSAGE": message, "NO_PROXY": "*"}
    subprocess.run([sys.executable, "-c", _AT_EXIT.format(end=end)], cwd=ROOT, env=environment)
    assert len(stored.notifications(deployment, message)) == 7


@pytest.mark.once
def test_after_a_fork_the_child_sends_its_own_and_not_the_parents(
    company: Company, deployment: Deployment
) -> None:
    message = f"fork {uuid.uuid4()}"
    program = _AT_EXIT.format(
        end="""
if os.fork() == 0:
    sender.send(external_ids=["child"], type="SYSTEM", message=os.environ["MESSAGE"])
else:
    os.wait()
"""
    )
    environment = {"URL": deployment.url, "KEY": company.key, "MESSAGE": message, "NO_PROXY": "*"}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True)
    assert len(stored.notifications(deployment, message)) == 8


@pytest.mark.once
def test_max_items_is_what_a_server_takes() -> None:
    with (
        Bellwire("http://bellwire.example", "key") as client,
        pytest.raises(ValueError, match="from 1 to 1000"),
    ):
        BufferedSender(client, max_items=1_001)
