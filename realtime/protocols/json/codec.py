"""The JSON protocol of docs/contract.md §4, subprotocol `bellwire.json`.

    client -> server   {"type": T, "data": {...}, "ref": any}
    server -> client   {"type": T, "topic": ..., "epoch": ..., "offset": ..., "data": {...}}

Unknown fields are ignored, so that clients may send more than the protocol defines.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

import orjson

from realtime.protocol.errors import CommandError, ErrorCode
from realtime.protocol.frames import Frame
from realtime.protocol.messages import (
    Act,
    Command,
    Connected,
    ErrorPush,
    Ok,
    Ping,
    Pong,
    Position,
    Publication,
    Push,
    Refresh,
    State,
    Subscribe,
    Subscribed,
    Topic,
    Unsubscribe,
    Unsubscribed,
)
from realtime.protocol.presentation import (
    AS_LOGGED,
    SNAPSHOT,
    Presentation,
    rendered,
)
from realtime.registries import commands

SUBPROTOCOL: Final = "bellwire.json"
_EPOCH_LENGTH = 64


class JsonCodec:
    """Stateless: one instance serves every connection with the same presentation."""

    def __init__(self, presentation: Presentation = AS_LOGGED) -> None:
        self.presentation = presentation
        self._is_as_logged = presentation == AS_LOGGED

    def decode(self, payload: bytes) -> Command:
        """Decode one command. Raises `CommandError` BAD_FRAME or UNKNOWN_TYPE."""
        try:
            frame = orjson.loads(payload)
        except orjson.JSONDecodeError:
            raise CommandError(ErrorCode.BAD_FRAME, "The frame is not JSON") from None
        if not isinstance(frame, dict):
            raise CommandError(ErrorCode.BAD_FRAME, "The frame is not a JSON object")
        ref = _ref(frame.get("ref"))
        kind = frame.get("type")
        data = frame.get("data", {})
        if not isinstance(kind, str):
            raise CommandError(ErrorCode.BAD_FRAME, "`type` is not a string", ref)
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise CommandError(ErrorCode.BAD_FRAME, "`data` is not an object", ref)
        read = _READERS.get(kind)
        if read is None and kind in commands.names():
            return Act(kind, _named(frame, data, ref), data, ref)
        if read is None:
            raise CommandError(ErrorCode.UNKNOWN_TYPE, f"There is no command {kind[:64]!r}", ref)
        try:
            return read(data, ref)
        except ValueError as error:
            raise CommandError(ErrorCode.BAD_FRAME, str(error), ref) from None

    def encode(self, push: Push) -> Frame:
        """Encode one message."""
        return Frame(orjson.dumps(_shape(self._presented(push))))

    def answer(self, publication: Publication, ref: Any) -> Frame:
        """Encode an event that answers a command of this client, with its `ref`."""
        return Frame(orjson.dumps(_with_ref(_shape(self._presented(publication)), ref)))

    def event(self, publication: Publication) -> Frame:
        """As a view: encode every event in its envelope."""
        return self.encode(publication)

    def state(self, state: State) -> Frame:
        """As a view: encode every unlogged state in its envelope."""
        return self.encode(state)

    def _presented(self, push: Push) -> Push:
        if self._is_as_logged:
            return push
        match push:
            case Publication(data=bytes(data)) | State(data=data):
                shown = rendered(push.topic, push.type, data, self.presentation)
                return replace(push, data=shown)
            case Subscribed(topic=topic, snapshot=bytes(data)):
                shown = rendered(topic, SNAPSHOT, data, self.presentation)
                return replace(push, snapshot=shown)
        return push


def _ref(value: Any) -> Any:
    """Return the ref as it will be sent back. Refuses a value nested too deeply to be encoded."""
    if isinstance(value, dict | list):
        try:
            return orjson.Fragment(orjson.dumps(value))
        except TypeError:
            raise CommandError(ErrorCode.BAD_FRAME, "`ref` is nested too deeply") from None
    return value


def _ping(data: Mapping[str, Any], ref: Any) -> Command:
    return Ping(ref)


def _subscribe(data: Mapping[str, Any], ref: Any) -> Command:
    return Subscribe(_text(data, "topic"), _position(data), ref)


def _unsubscribe(data: Mapping[str, Any], ref: Any) -> Command:
    return Unsubscribe(_text(data, "topic"), ref)


def _refresh(data: Mapping[str, Any], ref: Any) -> Command:
    return Refresh(_text(data, "token"), ref)


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], Any], Command]]] = {
    "ping": _ping,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "refresh": _refresh,
}


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"`data.{name}` is not a string with something in it")
    return value


def _named(frame: Mapping[str, Any], data: Mapping[str, Any], ref: Any) -> str | None:
    """Return the topic of a command, which clients put in the frame or in `data`, or None."""
    topic = frame.get("topic", data.get("topic"))
    if topic is not None and not isinstance(topic, str):
        raise CommandError(ErrorCode.BAD_FRAME, "`topic` is not a string", ref)
    return topic


def _position(data: Mapping[str, Any]) -> Position | None:
    offset, epoch = data.get("offset"), data.get("epoch")
    if epoch is not None and not (isinstance(epoch, str) and 0 < len(epoch) <= _EPOCH_LENGTH):
        raise ValueError("`data.epoch` is not an epoch")
    if offset is None:
        if epoch is not None:
            raise ValueError("`data.epoch` came without `data.offset`")
        return None
    if isinstance(offset, float) and offset.is_integer() and offset >= 2**63:
        offset = int(offset)  # the parser returns integers over 64 bits as floats
    if not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
        raise ValueError("`data.offset` is not an integer of 0 or more")
    return Position(epoch, offset)


def _shape(push: Push) -> dict[str, Any]:
    match push:
        case Publication(topic, epoch, offset, kind, data, _):
            event = {
                "type": kind,
                "topic": topic,
                "epoch": epoch,
                "offset": offset,
                "data": orjson.Fragment(data or b"{}"),
            }
            # The named fields of an error are at the top level, including those of an error that is
            # an event.
            return {**event, **_named_error(data)} if kind == "error" else event
        case State(topic, kind, data):
            return {"type": kind, "topic": topic, "data": orjson.Fragment(data)}
        case Subscribed(topic, position, recovered, snapshot, ref):
            shape: dict[str, Any] = {
                "type": "subscribed",
                "topic": topic,
                "epoch": position.epoch,
                "offset": position.offset,
                "recovered": recovered,
            }
            if snapshot is not None:
                shape["snapshot"] = orjson.Fragment(snapshot)
            return _with_ref(shape, ref)
        case Connected(user_id, connection_id, heartbeat_s, subscriptions, message):
            return {
                "type": "connected",
                "message": message,
                "user_id": user_id,
                "connection_id": connection_id,
                "heartbeat_s": heartbeat_s,
                "subscriptions": _positions(subscriptions),
            }
        case Pong(server_time, positions, ref):
            shape = {
                "type": "pong",
                "server_time": server_time,
                "positions": _positions(positions),
            }
            return _with_ref(shape, ref)
        case Unsubscribed(topic, ref):
            return _with_ref({"type": "unsubscribed", "topic": topic}, ref)
        case Ok(ref, data):
            return _with_ref({"type": "ok", "data": data}, ref)
        case ErrorPush():
            return _with_ref(_error(push), push.ref)


def _error(push: ErrorPush) -> dict[str, Any]:
    shape = {"type": "error", "code": push.code, "message": push.message}
    return shape if push.retry_after is None else {**shape, "retry_after": push.retry_after}


def _named_error(data: bytes | None) -> dict[str, Any]:
    fields = orjson.loads(data or b"{}")
    return {name: fields[name] for name in ("code", "message") if name in fields}


def _with_ref(shape: dict[str, Any], ref: Any) -> dict[str, Any]:
    if ref is not None:
        shape["ref"] = ref
    return shape


def _positions(positions: Mapping[Topic, Position]) -> dict[str, Any]:
    return {
        topic: {"epoch": position.epoch, "offset": position.offset}
        for topic, position in positions.items()
    }


@cache
def codec_of(presentation: Presentation) -> JsonCodec:
    """Return the codec of a presentation, cached so that its clients share encoded frames."""
    return JsonCodec(presentation)


JSON_CODEC: Final = codec_of(AS_LOGGED)
