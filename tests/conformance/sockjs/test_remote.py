"""A session asked for through another instance, over a network that loses, doubles and delays."""

import asyncio
import json
import random
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest

from realtime.transports.sockjs import framing as codec
from realtime.transports.sockjs.receivers import PollReceiver, StreamReceiver
from realtime.transports.sockjs.remote.owner import Answer, Host
from realtime.transports.sockjs.remote.proxy import Proxy
from realtime.transports.sockjs.session import SockSession
from tests.conformance.sockjs.test_session import (
    ECHO,
    UNHURRIED,
    Body,
    ended,
)
from tests.support.deadlines import PATIENCE_S

pytestmark = pytest.mark.once

KEY = "sockjs:/echo:s"


class Net:
    """Carries messages between two instances; `loss` of them are lost, as many come twice."""

    def __init__(self, *, seed: int, loss: float) -> None:
        self._dice = random.Random(seed)
        self._loss = loss

    def to(self, take: Callable[[str, Mapping[str, Any]], None], sender: str) -> Any:
        """The `send` of one side."""

        def send(instance: str, body: Mapping[str, Any]) -> bool:
            chance = self._dice.random()
            copies = 0 if chance < self._loss else 2 if chance > 1 - self._loss else 1
            for _ in range(copies):
                # What is relayed is written down at once, whatever becomes of it here.
                written = {**body}
                asyncio.get_running_loop().call_later(
                    self._dice.uniform(0, 0.02), take, sender, written
                )
            return True

        return send


class Instances:
    """`owner` has one echoing session, `proxy` asks for it."""

    def __init__(self, net: Net) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.session = SockSession(
            service=ECHO,
            scope={},
            transport="test",
            credential="",
            timeouts=UNHURRIED,
            forget=lambda: None,
            run=self._run,
        )
        sessions = {KEY: self.session}
        self.proxy = Proxy(net.to(self._to_host, "proxy"))
        self.host = Host(find=sessions.get, send_to=net.to(self._to_proxy, "owner"))

    def _to_host(self, instance: str, body: Mapping[str, Any]) -> None:
        self.host.dispatch(instance, body)

    def _to_proxy(self, instance: str, body: Mapping[str, Any]) -> None:
        self.proxy.dispatch(instance, body)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    async def send_message(self, *texts: str) -> bool:
        return await self.proxy.enqueue("owner", KEY, "", nobody, [text.encode() for text in texts])

    async def poll(self) -> str:
        receiver = PollReceiver()
        answer, link = await self.proxy.open("owner", KEY, "", nobody, receiver)
        assert answer is Answer.DONE
        assert link is not None
        await ended(receiver)
        link.wrote()
        return receiver.frame.decode()

    async def end(self) -> None:
        self.session.close(1000, "The test is over")
        await asyncio.gather(*self.tasks)


async def nobody() -> int | None:
    return None


@pytest.mark.parametrize("seed", range(4))
async def test_polls_hear_everything_once_and_in_order(seed: int) -> None:
    both = Instances(Net(seed=seed, loss=0.15))
    assert await both.poll() == "o"
    received: list[str] = []
    for number in range(12):
        assert await both.send_message(str(number))
        received += json.loads((await both.poll())[1:])
    assert received == [str(number) for number in range(12)]
    await both.end()


@pytest.mark.parametrize("seed", range(4))
async def test_a_stream_hears_everything_once_and_in_order(seed: int) -> None:
    both = Instances(Net(seed=seed, loss=0.15))
    body = Body()
    receiver = StreamReceiver(body.send, codec.line)
    answer, link = await both.proxy.open("owner", KEY, "", nobody, receiver)
    assert answer is Answer.DONE
    assert link is not None
    receiver.begin()
    for number in range(30):
        assert await both.send_message(str(number), "x" * 20)
    await body.holds(b'"29"')
    lines = body.sent.decode().strip().split("\n")
    assert lines[0] == "o"
    received = [text for each in lines[1:] for text in json.loads(each[1:])]
    assert [text for text in received if not text.startswith("x")] == [str(n) for n in range(30)]
    both.session.close(3000, "Go away!")
    await ended(receiver)
    assert body.sent.endswith(b'c[3000,"Go away!"]\n')
    await both.end()


async def test_a_session_that_is_gone_says_so() -> None:
    both = Instances(Net(seed=0, loss=0))
    answer, _ = await both.proxy.open("owner", "other", "", nobody, PollReceiver())
    assert answer is Answer.GONE
    assert not await both.proxy.enqueue("owner", "other", "", nobody, [b"x"])
    await both.end()


async def test_an_owner_that_cannot_be_reached_is_not_waited_for_long() -> None:
    both = Instances(Net(seed=0, loss=1))
    async with asyncio.timeout(PATIENCE_S):
        answer, link = await both.proxy.open("owner", KEY, "", nobody, PollReceiver())
    assert (answer, link) == (None, None)
    await both.end()
