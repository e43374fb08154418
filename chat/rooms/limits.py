"""How large things may be; each with its reason."""

from typing import Final

# CONTRACT §7.
CONTENT_CHARS: Final = 4_000
HISTORY_ROWS: Final = 50
MAX_HISTORY_ROWS: Final = 200

# A title that a list shows in one line.
NAME_CHARS: Final = 100
# As much as a notification's `data`: settings are a handful of numbers, sent with every snapshot.
SETTINGS_BYTES: Final = 4_096
# A uuid, or what a client makes of its own name and a counter.
CLIENT_ID_CHARS: Final = 100
# What the databases' ids take; beyond it a look-up by a foreign key is an error, not a miss.
LARGEST_ID: Final = 2**63 - 1
# `low:high`, two numbers of 64 bits.
PAIR_CHARS: Final = 39
