"""Streams one answer as server-sent events: first what is stored, then live events.

It never reads the log: the stored answer has everything, also what the log has trimmed.
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


class _AnswerView:
    """The stream view of all answer streams."""

    def event(self, publication: Publication) -> events.AnswerEvent | None:
        return events.from_publication(publication)

    def state(self, state: State) -> None:
        return None


_VIEW = _AnswerView()


class AnswerStream(Connection):
    """One response. `seen` is the id of the last event that the client has received."""

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
        self._heartbeat_at = time.monotonic()

    async def open(self) -> None:
        """Send stored events after `seen`, then live ones. Raises `ApiError`."""
        self.outbox.send(b"retry: %d\n\n" % SSE_RETRY_MS)
        # Join the feed before reading the answer, so that nothing written in between is missed.
        starts = await self._subscriber.join({self._topic: None}, view=_VIEW, send=self._send_event)
        if starts is None:
            return
        state = await in_thread_for(
            self.principal.user_id, _answer_state, self.principal.user_id, self._answer_id
        )
        for event in events.events_after(state, self._cursor.seen):
            self._send_event(event)
        await self._subscriber.begin(starts)

    def tick(self, now: float, clock: float) -> None:
        super().tick(now, clock)
        if now - self._heartbeat_at >= SSE_HEARTBEAT_S and self.closing is None:
            self._heartbeat_at = now
            self.outbox.send(b":\n\n")

    def close_frame(self, close: Close) -> bytes | None:
        if close is Close.TOKEN_EXPIRED:
            return b'event: error\ndata: {"code":"TOKEN_EXPIRED"}\n\n'
        if close in (Close.NOT_FOUND, Close.FORBIDDEN):
            return b'event: error\ndata: {"code":"%s"}\n\n' % str(close.error).encode()
        return None

    def _send_event(self, event: events.AnswerEvent) -> None:
        if self.closing is not None:
            return
        try:
            new = self._cursor.advance(event)
        except events.GapError:
            self.close(
                Close.OUT_OF_STEP
            )  # the client reconnects, and resumes from the stored answer
            return
        if new is not None:
            self.outbox.send(new.sse_frame())
            if new.type == "done":
                self.close(Close.GOODBYE)


def _answer_state(user_id: int, answer_id: int) -> events.AnswerState:
    return payload.answer_state(selectors.answer(user_id=user_id, message_id=answer_id))
