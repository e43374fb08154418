"""Limits on the memory that one STOMP client can use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """All sizes are in bytes as received, before unescaping."""

    # docs/contract.md §4: a message over 10,240 bytes is refused, whatever it contains.
    frame_bytes: int = 10_240
    # The longest command has 11 letters; input that is not STOMP should be refused early.
    command_bytes: int = 32
    # The longest legitimate line is the Authorization header: an access token of an issuer that
    # lists a user's groups has up to 4 KiB.
    line_bytes: int = 6_144
    # That token, and as much again for all other headers; the rest of a frame is its body.
    header_bytes: int = 8_192
    # Clients send about ten. Each takes two strings and a tuple, however short.
    headers: int = 64
    # Frames pipelined after CONNECT wait while the credentials are checked. A conforming client
    # sends none; 64 KiB is the largest message that the server accepts anyway.
    pipelined_bytes: int = 65_536
    # A page of the portal has three; a dashboard that follows every room of a busy user has dozens.
    subscriptions: int = 100
    # Open transactions exist in memory only; clients have no reason to keep several open for long.
    transactions: int = 16
    transaction_frames: int = 100
    # For all open transactions together.
    transaction_bytes: int = 65_536
    # As many as the log keeps (BELLWIRE_LOG_KEEP_EVENTS): more could not be delivered again.
    unacknowledged: int = 1_000


DEFAULTS = Limits()
