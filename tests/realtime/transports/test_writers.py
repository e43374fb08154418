"""Writing through plain ASGI: one step at a time, a task only when the server makes us wait."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from realtime.protocol.frames import Frame
from realtime.transports.asgi.writers import AsgiWriter
from tests.realtime.actors import Watched
from tests.support.deadlines import PATIENCE_S

Message = dict[str, Any]


class Server(Watched):
    """An ASGI server's `send`: takes messages at once, or only when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Message] = []
        self.cancelled: list[Message] = []
        self.free = asyncio.Event()
        self.free.set()
        self.fault: Exception | None = None

    async def send(self, message: Message) -> None:
        if self.fault is not None:
            raise self.fault
        try:
            await self.free.wait()
        except asyncio.CancelledError:
            self.cancelled.append(message)
            raise
        self.taken.append(message)
        self.changed()

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.taken if message["type"] == "websocket.send"]

    @property
    def closes(self) -> list[tuple[int, str]]:
        return [
            (message["code"], message["reason"])
            for message in self.taken
            if message["type"] == "websocket.close"
        ]


class Resumes(Watched):
    """How often the wire said that it takes more."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        self.changed()


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def resumes() -> Resumes:
    return Resumes()


@pytest.fixture
async def writer(server: Server, resumes: Resumes) -> AsgiWriter:
    return AsgiWriter(server.send, on_resume=resumes, daphne=False)


def frame(text: str) -> Frame:
    return Frame(text.encode())


async def test_what_the_server_takes_at_once_is_written_without_a_task(
    writer: AsgiWriter, server: Server, resumes: Resumes
) -> None:
    before = len(asyncio.all_tasks())
    assert [writer.write(frame(f"{n} 안녕")) for n in range(100)] == [True] * 100
    # No turn of the loop in between.
    assert server.texts == [f"{n} 안녕" for n in range(100)]
    assert len(asyncio.all_tasks()) == before
    assert resumes.count == 0


async def test_a_send_that_suspends_becomes_one_task_and_says_when_it_is_done(
    writer: AsgiWriter, server: Server, resumes: Resumes
) -> None:
    before = len(asyncio.all_tasks())
    assert writer.write(frame("a"))
    server.free.clear()
    assert not writer.write(frame("b"))
    assert len(asyncio.all_tasks()) == before + 1
    assert server.texts == ["a"]
    server.free.set()
    await resumes.until(lambda: resumes.count == 1)
    assert server.texts == ["a", "b"]
    assert writer.write(frame("c"))
    assert server.texts == ["a", "b", "c"]
    assert len(asyncio.all_tasks()) == before


async def test_order_is_kept_over_many_suspensions(
    writer: AsgiWriter, server: Server, resumes: Resumes
) -> None:
    for number in range(50):
        server.free.clear()
        assert not writer.write(frame(str(number)))
        server.free.set()
        await resumes.until(lambda number=number: resumes.count == number + 1)  # type: ignore[misc]
    assert server.texts == [str(number) for number in range(50)]


async def test_a_send_that_suspends_several_times_is_driven_to_its_end(resumes: Resumes) -> None:
    taken: list[str] = []

    async def send(message: Message) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.wait_for(asyncio.sleep(0, "done"), PATIENCE_S)
        taken.append(message["text"])

    writer = AsgiWriter(send, on_resume=resumes, daphne=False)
    assert not writer.write(frame("a"))
    await resumes.until(lambda: resumes.count == 1)
    assert taken == ["a"]


@pytest.mark.parametrize("fault", [RuntimeError("closed"), OSError("gone"), ConnectionError()])
async def test_a_connection_that_is_gone_raises_nothing(
    writer: AsgiWriter, server: Server, fault: Exception
) -> None:
    server.fault = fault
    assert not writer.write(frame("a"))
    writer.close(1012, "Draining")
    writer.close_now(1013, "Slow consumer")
    assert server.taken == []


async def test_a_connection_that_goes_while_a_send_waits_raises_nothing(resumes: Resumes) -> None:
    gone = asyncio.Event()

    async def send(message: Message) -> None:
        await gone.wait()
        raise OSError("gone")

    writer = AsgiWriter(send, on_resume=resumes, daphne=False)
    assert not writer.write(frame("a"))
    gone.set()
    await resumes.until(lambda: resumes.count == 1)


async def test_a_close_goes_behind_what_was_written(writer: AsgiWriter, server: Server) -> None:
    writer.write(frame("a"))
    writer.close(1008, "Signed out")
    assert server.taken == [
        {"type": "websocket.send", "text": "a"},
        {"type": "websocket.close", "code": 1008, "reason": "Signed out"},
    ]


async def test_close_now_gives_up_what_waits(
    writer: AsgiWriter, server: Server, resumes: Resumes
) -> None:
    server.free.clear()
    assert not writer.write(frame("stalled"))
    await asyncio.sleep(0)  # it waits in its task now
    writer.close_now(1013, "Slow consumer")
    server.free.set()
    await server.until(lambda: bool(server.closes))
    assert server.closes == [(1013, "Slow consumer")]
    assert [message["text"] for message in server.cancelled] == ["stalled"]
    assert server.texts == []


async def test_close_now_gives_up_its_own_close_after_a_while(
    writer: AsgiWriter, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.transports.asgi.writers.ABORT_S", 0.05)
    before = asyncio.all_tasks()
    server.free.clear()
    writer.write(frame("stalled"))
    await asyncio.sleep(0)
    writer.close_now(1013, "Slow consumer")
    left = asyncio.all_tasks() - before
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*left, return_exceptions=True)
    assert [message["type"] for message in server.cancelled] == [
        "websocket.send",
        "websocket.close",
    ]
    assert server.taken == []


@pytest.mark.parametrize(
    ("code", "daphnes"),
    [(1001, 4001), (1008, 4008), (1009, 4009), (1012, 4012), (1013, 4013), (1000, 1000)],
)
@pytest.mark.parametrize("closing", [AsgiWriter.close, AsgiWriter.close_now])
async def test_daphne_gets_codes_that_it_can_send(
    server: Server, closing: Callable[[AsgiWriter, int, str], None], code: int, daphnes: int
) -> None:
    closing(AsgiWriter(server.send, on_resume=lambda: None, daphne=True), code, "why")
    closing(AsgiWriter(server.send, on_resume=lambda: None, daphne=False), code, "why")
    assert server.closes == [(daphnes, "why"), (code, "why")]


async def test_it_can_be_asked_to_ping_and_does_nothing(writer: AsgiWriter, server: Server) -> None:
    writer.ping()
    assert server.taken == []
