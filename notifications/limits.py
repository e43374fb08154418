"""Sizes and retention of notifications; each with its reason."""

from datetime import timedelta
from typing import Final

# docs/contract.md §6.
TITLE_CHARS: Final = 200
MESSAGE_CHARS: Final = 2_000
DATA_BYTES: Final = 4_096
RECIPIENTS: Final = 10_000
SEND_MANY_ITEMS: Final = 1_000
IDEMPOTENCY_WINDOW: Final = timedelta(hours=24)

# Of all items of a `send-many` together: one transaction of some seconds, in which the recipients'
# other writes wait.
SEND_MANY_RECIPIENTS: Final = 50_000

# The longest URL that browsers and proxies pass on uncut.
LINK_CHARS: Final = 2_000
# Ids and names of other systems: a UUID, an order number, a slug.
REFERENCE_CHARS: Final = 200
COLLAPSE_KEY_CHARS: Final = 200
IDEMPOTENCY_KEY_CHARS: Final = 255
TYPE_CHARS: Final = 64
CATEGORY_CHARS: Final = 64
# `service:` and a service's name of at most 100 characters.
SENDER_CHARS: Final = 120
# As in accounts: an issuer's `sub`, and Django's usernames.
EXTERNAL_ID_CHARS: Final = 255
USERNAME_CHARS: Final = 150

# Members of a group to which an admin may send at once: one transaction of some seconds, in which
# its members' writes wait.
GROUP_MEMBERS: Final = 50_000
# The share by which the number of users may differ from the one that an admin has confirmed.
EVERYONE_MAY_CHANGE: Final = 0.01

# Unknown recipients that an error lists; the rest is counted.
UNKNOWN_NAMED: Final = 100

# Broadcasts sent and withdrawn that a count may have to add up before it is settled again: about a
# millisecond.
UNSETTLED: Final = 200

# How long an expired notification may remain visible.
EXPIRE_EVERY_S: Final = 5.0
# Rows per transaction, so that locks are held briefly, and transactions per run, so that a million
# that expire together do not occupy one instance's thread for minutes.
EXPIRE_ROWS: Final = 1_000
EXPIRE_ROUNDS: Final = 20
FORGET_KEYS_EVERY_S: Final = 600.0
FORGET_KEYS_ROWS: Final = 1_000

# Events for notifications of some types marked as read at once. For more there is a single event
# with the types, as one click must not fill a log of a thousand events.
READ_EVENTS: Final = 200
