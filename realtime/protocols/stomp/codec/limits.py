"""How much one STOMP client may ask this process to hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """All sizes in bytes as they came over the wire, before unescaping."""

    # CONTRACT §4: a message over 10,240 bytes is refused, whatever it is made of.
    frame_bytes: int = 10_240
    # The longest command has 11 letters; what is no STOMP at all should be told so early.
    command_bytes: int = 32
    # The longest line that a client has reason to send is its Authorization: an access token of
    # an issuer that lists a user's groups has up to 4 KiB.
    line_bytes: int = 6_144
    # That token, and as much again for everything else; the rest of a frame is its body's.
    header_bytes: int = 8_192
    # Clients send about ten. Each costs two strings and a tuple, however short.
    headers: int = 64
    # Frames that come on CONNECT's heels wait while the credentials are looked at. A client that
    # keeps to the protocol sends none; 64 KiB is the largest message the server takes anyway.
    pipelined_bytes: int = 65_536
    # A page of ours has three; a dashboard that follows every room of a busy user has dozens.
    subscriptions: int = 100
    # Open transactions exist in memory only; nobody has reason to keep several open for long.
    transactions: int = 16
    transaction_frames: int = 100
    # Of all open transactions together.
    transaction_bytes: int = 65_536
    # One log's worth (BELLWIRE_LOG_KEEP_EVENTS): more could not be delivered again anyway.
    unacknowledged: int = 1_000


DEFAULTS = Limits()
