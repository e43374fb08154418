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
# Names looked for in one message: who names more names nobody.
MENTIONS: Final = 50
# Beyond so many members a message is an announcement: only those whom it names are notified.
OFFLINE_NOTICES: Final = 50
# Whose lists of rooms follow what is said at once. In a larger room every message would be told to
# more people than it is worth: their lists learn of it a minute later.
LISTENERS: Final = 200
# What a notification shows of a message.
NOTICE_CHARS: Final = 200
# Of a name in its title, which has 200 as CONTRACT §6 allows: the room's fits as well.
NOTICE_NAME_CHARS: Final = 60
# Of the largest id.
ID_DIGITS: Final = 19
