"""How large things may be, how long they are kept; each with its reason."""

from datetime import timedelta
from typing import Final

# CONTRACT §6.
TITLE_CHARS: Final = 200
MESSAGE_CHARS: Final = 2_000
DATA_BYTES: Final = 4_096
RECIPIENTS: Final = 10_000
IDEMPOTENCY_WINDOW: Final = timedelta(hours=24)

# What browsers and proxies pass on without cutting it.
LINK_CHARS: Final = 2_000
# Ids and names of other systems: a uuid, an order number, a slug.
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
# What a 64-bit id may take, written as a text.

# What an admin sends to a group at once: one transaction of some seconds, which its members wait
# for.
GROUP_MEMBERS: Final = 50_000
# By how much the number of all users may differ from the one that an admin has agreed to.
EVERYONE_MAY_CHANGE: Final = 0.01

# Unknown recipients that an error names one by one; the rest it counts.
UNKNOWN_NAMED: Final = 100

# Broadcasts sent and withdrawn that a count may have to look at before it is settled anew: a
# millisecond's worth.
UNSETTLED: Final = 200

# How late an expired notification may still be there.
EXPIRE_EVERY_S: Final = 5.0
# Rows per transaction, so that its locks are held shortly, and transactions per run, so that a
# million that expire together do not keep one instance's thread for minutes.
EXPIRE_ROWS: Final = 1_000
EXPIRE_ROUNDS: Final = 20
FORGET_KEYS_EVERY_S: Final = 600.0
FORGET_KEYS_ROWS: Final = 1_000

# Events for what is read at once of some types; beyond so many there is one that names the types,
# as a log of a thousand events must not be filled by one click.
READ_EVENTS: Final = 200
