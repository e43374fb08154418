"""SockJS's limits and intervals, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """All values are in seconds."""

    # Load balancers close connections that are idle for 30 s and more; the protocol's own figure.
    heartbeat_s: float = 25.0
    # A session without an open request ends after this time; the protocol's own figure.
    timeout_s: float = 5.0


# One xhr_send: larger than any message that a session accepts, so that the session can refuse it.
BODY_BYTES = 64 * 1024
# Messages in one array: a client sends those that it collected during one request.
BODY_MESSAGES = 1_000
# Messages accepted from a client and not yet handled: two whole bodies.
INBOX_BYTES = 2 * BODY_BYTES
INBOX_MESSAGES = 2 * BODY_MESSAGES
# Messages in one array to the client: a poll returns everything collected, within reason.
BATCH_BYTES = 64 * 1024
# A stream ends after this many bytes, so that the browser can free the response's text.
RESPONSE_BYTES = 128 * 1024
# Session ids are chosen by the client; its library uses 8 characters.
ID_LENGTH = 128
# Known credentials: cookies are renewed every 15 minutes, while old ones may still be in use.
CREDENTIALS = 4
