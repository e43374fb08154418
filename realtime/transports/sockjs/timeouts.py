"""SockJS's limits and intervals, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, where nothing else is said."""

    # Load balancers cut what is silent for 30 s and more; the protocol's own figure.
    heartbeat_s: float = 25.0
    # A session whose client has no request open for this long is gone; the protocol's own figure.
    timeout_s: float = 5.0


# One xhr_send: larger than any message that a session takes, so that it can say so itself.
BODY_BYTES = 64 * 1024
# Messages of one array; a client sends what it has collected during one request.
BODY_MESSAGES = 1_000
# Messages taken from a client and not carried out yet: two whole bodies.
INBOX_BYTES = 2 * BODY_BYTES
INBOX_MESSAGES = 2 * BODY_MESSAGES
# Messages of one array to the client: a poll answers with what has collected, within reason.
BATCH_BYTES = 64 * 1024
# A stream ends after this much, so that the browser can free the response's text.
RESPONSE_BYTES = 128 * 1024
# Session ids are the client's own choice; its library takes 8 characters.
ID_LENGTH = 128
# Renewed cookies: one in 15 minutes, while the old one may still be under way.
CREDENTIALS = 4
