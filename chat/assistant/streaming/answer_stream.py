"""One answer, followed as server-sent events: what is stored of it, then what comes.

It never reads the log: the stored answer has all that the log had, however long ago that was.
"""

import time

from chat.assistant import events, payload, selectors
from realtime import (
    SSE_HEARTBEAT_S,
    SSE_RETRY_MS,
    Close,
    Connection,
    Hub,
    Principal,
    Publication,
    ResponseBodyWriter,
    State,
    Topic,
    in_thread_for,
)

TRANSPORT = "answer"


class _Pieces:
    """The view of all that follow answers."""

    def event(self, publication: Publication) -> events.Piece | None:
        return events.of(publication)

    def state(self, state: State) -> None:
        return None


_PIECES = _Pieces()


class Following(Connection):
    """One response. `seen` is the id of the last event that the client has."""

    def __init__(
        self,
        *,
        principal: Principal,
        connection_id: str,
        hub: Hub,
        writer: ResponseBodyWriter,
        answer_id: int,
        topic: Topic,
        seen: int,
    ) -> None:
        super().__init__(
            principal=principal,
            connection_id=connection_id,
            hub=hub,
            writer=writer,
            transport=TRANSPORT,
        )
        self._answer_id = answer_id
        self._topic = topic
        self._cursor = events.Cursor(str(answer_id), seen)
        self._beaten = time.monotonic()

    async def open(self) -> None:
        """Say what the client has not seen, and go on with what comes. Raises `ApiError`."""
        self.outbox.send(b"retry: %d\n\n" % SSE_RETRY_MS)
        # First the feed, then the answer: what is written after the reading comes through the feed.
        starts = await self._subscriber.join({self._topic: None}, view=_PIECES, send=self._take)
        if starts is None:
            return
        told = await in_thread_for(
            self.principal.user_id, _told, self.principal.user_id, self._answer_id
        )
        for piece in events.after(told, self._cursor.seen):
            self._take(piece)
        await self._subscriber.begin(starts)

    def tick(self, now: float, clock: float) -> None:
        super().tick(now, clock)
        if now - self._beaten >= SSE_HEARTBEAT_S and self.closing is None:
            self._beaten = now
            self.outbox.send(b":\n\n")

    def close_frame(self, close: Close) -> bytes | None:
        if close is Close.TOKEN_EXPIRED:
            return b'event: error\ndata: {"code":"TOKEN_EXPIRED"}\n\n'
        if close in (Close.NOT_FOUND, Close.FORBIDDEN):
            return b'event: error\ndata: {"code":"%s"}\n\n' % str(close.error).encode()
        return None

    def _take(self, piece: events.Piece) -> None:
        if self.closing is not None:
            return
        try:
            new = self._cursor.take(piece)
        except events.HoleError:
            self.close(Close.OUT_OF_STEP)  # the client comes back, and is told from the stored one
            return
        if new is not None:
            self.outbox.send(new.line())
            if new.type == "done":
                self.close(Close.GOODBYE)


def _told(user_id: int, answer_id: int) -> events.AnswerState:
    return payload.told(selectors.answer(user_id=user_id, message_id=answer_id))
