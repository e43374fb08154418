"""Handles all commands of a connected client, that is every command except CONNECT."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from realtime.protocols.stomp.codec.acks import AckMode
from realtime.protocols.stomp.codec.actions import (
    Ack,
    Action,
    Disconnect,
    Nack,
    Receipt,
    Send,
    Subscribe,
    Unsubscribe,
)
from realtime.protocols.stomp.codec.errors import StompError, quoted
from realtime.protocols.stomp.codec.frames import StompFrame
from realtime.protocols.stomp.codec.limits import Limits
from realtime.protocols.stomp.codec.subscriptions import Acknowledgement, Subscriptions, required
from realtime.protocols.stomp.codec.transactions import Transactions
from realtime.protocols.stomp.codec.versions import Version

# Commands that open the connection, and those that only a server sends.
FIRST: Final = frozenset({"CONNECT", "STOMP"})
FROM_SERVER: Final = frozenset({"CONNECTED", "MESSAGE", "RECEIPT", "ERROR"})

# Memory of two strings and their dictionary entry, however short they are.
_HEADER_COST: Final = 100


class Conversation:
    """Converts frames to actions, in one version of the protocol."""

    def __init__(self, version: Version, limits: Limits) -> None:
        self._version = version
        self.subscriptions = Subscriptions(version, limits)
        self._transactions: Transactions[Send | Acknowledgement] = Transactions(limits)

    def handle(self, frame: StompFrame) -> Iterable[Action]:
        """Yield a frame's actions. Raises StompError for an unknown or incomplete command."""
        command = frame.command
        if command in FIRST:
            raise StompError(f"{command} came again on an established connection")
        if command in FROM_SERVER:
            raise StompError(f"{command} is for servers to send")
        if command not in _HANDLERS or (command == "NACK" and self._version is Version.V10):
            raise StompError(f"STOMP {self._version} has no command {quoted(command)}")
        # STOMP 1.1 and 1.2, Body; 1.0 is silent. Legacy clients send an EOL before the NUL.
        if frame.body.strip(b"\r\n") and command != "SEND" and self._version is not Version.V10:
            raise StompError(f"{command} has a body")
        return _HANDLERS[command](self, frame)

    def close(self) -> None:
        """Abort open transactions."""
        self._transactions.clear()

    def _subscribe(self, frame: StompFrame) -> Iterable[Action]:
        destination = required(frame, "destination")
        subscription = self.subscriptions.add(
            self._subscription_id(frame), destination, _ack_mode(frame)
        )
        return (Subscribe(subscription, frame.fields(), frame.get("receipt")),)

    def _unsubscribe(self, frame: StompFrame) -> Iterable[Action]:
        """Unsubscribe. An unknown subscription counts as unsubscribed."""
        subscription = self.subscriptions.remove(self._subscription_id(frame))
        if subscription is None:
            return _receipt(frame)
        return (Unsubscribe(subscription, frame.get("receipt")),)

    def _subscription_id(self, frame: StompFrame) -> str:
        """Return the subscription's id; in 1.0, the destination stands in for a missing id."""
        if self._version is Version.V10:
            return frame.get("id") or required(frame, "destination")
        return required(frame, "id")

    def _send(self, frame: StompFrame) -> Iterable[Action]:
        destination = required(frame, "destination")
        transaction = frame.get("transaction")
        # Within a transaction the receipt is sent at once, not at COMMIT.
        receipt = frame.get("receipt") if transaction is None else None
        send = Send(destination, frame.fields(), frame.body, frame.get("content-type"), receipt)
        if transaction is None:
            return (send,)
        return self._later(transaction, send, frame)

    def _answer(self, frame: StompFrame) -> Iterable[Action]:
        """Handle ACK and NACK. The affected messages are determined when it takes effect."""
        answer = self.subscriptions.read(frame)
        transaction = frame.get("transaction")
        if transaction is None:
            return self._settle(answer, frame.get("receipt"))
        return self._later(transaction, answer, frame)

    def _later(
        self, transaction: str, item: Send | Acknowledgement, frame: StompFrame
    ) -> Iterable[Action]:
        size = sum(_HEADER_COST + len(name) + len(value) for name, value in frame.headers)
        self._transactions.add(transaction, item, len(frame.body) + size)
        return _receipt(frame)

    def _settle(self, answer: Acknowledgement, receipt: str | None) -> Iterable[Action]:
        settled = self.subscriptions.settle(answer)
        if settled is None:
            return () if receipt is None else (Receipt(receipt),)
        kind = Nack if answer.refused else Ack
        return (kind(*settled, receipt),)

    def _begin(self, frame: StompFrame) -> Iterable[Action]:
        self._transactions.begin(required(frame, "transaction"))
        return _receipt(frame)

    def _commit(self, frame: StompFrame) -> Iterable[Action]:
        """Yield the transaction's actions in order, then the receipt."""
        actions: list[Action] = []
        for item in self._transactions.end(required(frame, "transaction")):
            if isinstance(item, Send):
                actions.append(item)
            else:
                actions += self._settle(item, None)
        return (*actions, *_receipt(frame))

    def _abort(self, frame: StompFrame) -> Iterable[Action]:
        self._transactions.end(required(frame, "transaction"))
        return _receipt(frame)

    def _disconnect(self, frame: StompFrame) -> Iterable[Action]:
        return (Disconnect(frame.get("receipt")),)


_HANDLERS: Final[Mapping[str, Callable[[Conversation, StompFrame], Iterable[Action]]]] = {
    "SUBSCRIBE": Conversation._subscribe,
    "UNSUBSCRIBE": Conversation._unsubscribe,
    "SEND": Conversation._send,
    "ACK": Conversation._answer,
    "NACK": Conversation._answer,
    "BEGIN": Conversation._begin,
    "COMMIT": Conversation._commit,
    "ABORT": Conversation._abort,
    "DISCONNECT": Conversation._disconnect,
}


def _receipt(frame: StompFrame) -> tuple[Action, ...]:
    receipt = frame.get("receipt")
    return () if receipt is None else (Receipt(receipt),)


def _ack_mode(frame: StompFrame) -> AckMode:
    asked = frame.get("ack") or AckMode.AUTO
    try:
        return AckMode(asked)
    except ValueError:
        raise StompError(
            "`ack` is none of auto, client and client-individual", f"It is {quoted(asked)}"
        ) from None
