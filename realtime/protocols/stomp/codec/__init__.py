"""STOMP 1.0, 1.1 and 1.2 (stomp.github.io), the server's side: bytes in, actions and bytes out.

Nothing here reads a clock, waits, or touches a socket. A session drives one `StompProtocol`:

    protocol = StompProtocol(subprotocol="v12.stomp")     # or None
    try:
        for action in protocol.receive(data):             # a WebSocket or SockJS message, UTF-8
            match action:
                case Connect():      send(protocol.connected(session=…, user_name=…))
                case Subscribe():    …; send(protocol.receipt(action.receipt, {…}))
                …
    except StompError as error:                           # from `receive`, or the session's own
        send(protocol.error_frame(error)); close

`receive` is lazy: it yields an action before it reads the next frame. So a frame that arrives in
one message with CONNECT is read in the version that CONNECT negotiated, and an error is raised
after the actions of the frames before it, however the stream was split. Exhaust one iterator before
asking for the next. Frames pipelined after CONNECT wait until `connected` was called; if that
happens outside the loop, `receive(b"")` yields them.

An action with a `receipt` that is not None is answered with `protocol.receipt(action.receipt)` once
it has been handled. Within a transaction, SEND, ACK and NACK get their receipts at once (a client
may wait for them before it commits) and are yielded at COMMIT, without a receipt.

    subscription = action.subscription                    # of Subscribe, Unsubscribe, Ack, Nack
    shared = SharedMessage(topic, epoch, offset, body)    # once per event and kind of body
    if subscription.full: …                               # too many are unacknowledged
    send(subscription.deliver(shared))                    # a few short copies per subscriber

`subscription.tracker` is None with `ack:auto`; else an `AckTracker`, which a session may replace by
`AckTracker.from_state(…)` before the first `deliver`.

A heart-beat from the server is `HEART_BEAT`; one from the client yields no action. `read` yields a
`Step` for each frame and the heart-beats before it, for sessions that count them.
"""

from typing import Final

from realtime.protocols.stomp.codec.acks import (
    AckMode,
    AckTracker,
    TopicState,
    TrackerState,
)
from realtime.protocols.stomp.codec.actions import (
    Ack,
    Action,
    Connect,
    Disconnect,
    Nack,
    Receipt,
    Send,
    Subscribe,
    Unsubscribe,
)
from realtime.protocols.stomp.codec.errors import StompError
from realtime.protocols.stomp.codec.frames import StompFrame, encode
from realtime.protocols.stomp.codec.limits import Limits
from realtime.protocols.stomp.codec.message import MessageKey, SharedMessage
from realtime.protocols.stomp.codec.parser import Parser
from realtime.protocols.stomp.codec.protocol import State, Step, StompProtocol
from realtime.protocols.stomp.codec.subscriptions import Subscription
from realtime.protocols.stomp.codec.versions import SUBPROTOCOLS, HeartBeat, Version

HEART_BEAT: Final = b"\n"

__all__ = [
    "StompProtocol",
    "State",
    "Step",
    "StompError",
    "HEART_BEAT",
    "SUBPROTOCOLS",
    "Version",
    "HeartBeat",
    "Limits",
    # actions of the client
    "Action",
    "Connect",
    "Subscribe",
    "Unsubscribe",
    "Send",
    "Ack",
    "Nack",
    "Receipt",
    "Disconnect",
    # messages to the client
    "Subscription",
    "SharedMessage",
    "MessageKey",
    "AckMode",
    "AckTracker",
    "TrackerState",
    "TopicState",
    # frames
    "StompFrame",
    "Parser",
    "encode",
]
