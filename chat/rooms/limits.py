"""Limits on sizes and counts in rooms, each with its reason."""

from typing import Final

# docs/contract.md §7.
CONTENT_CHARS: Final = 4_000
HISTORY_ROWS: Final = 50
MAX_HISTORY_ROWS: Final = 200

# A title that a list shows in one line.
NAME_CHARS: Final = 100
# As much as a notification's `data`: settings are a handful of numbers, sent with every snapshot.
SETTINGS_BYTES: Final = 4_096
# A UUID, or a client's name with a counter.
CLIENT_ID_CHARS: Final = 100
# `low:high`, two 64-bit integers.
PAIR_CHARS: Final = 39
# Mentions that are looked up in one message; further ones notify no one.
MENTIONS: Final = 50
# In a room with more other members than this, only mentioned members are notified: a message there
# is an announcement.
OFFLINE_NOTICES: Final = 50
# Messages of rooms with at most this many members are broadcast to the members' own topics, which
# updates their room lists at once. Members of larger rooms see new messages when their list is
# next fetched (within a minute): one broadcast per member and message would cost too much.
LISTENERS: Final = 200
# Excerpt of a message in a notification.
NOTICE_CHARS: Final = 200
# Author's name in a notification's title: docs/contract.md §6 allows 200 characters, and the room's
# name has to fit too.
NOTICE_NAME_CHARS: Final = 60
