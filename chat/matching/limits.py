"""Time limits of matching, each with its reason."""

from datetime import timedelta
from typing import Final

# How long a request to be matched waits. After it the portal asks whether to go on waiting.
WAIT: Final = timedelta(seconds=120)
# A user without an open connection has to ask again within this time to stay in the queue.
SEEN: Final = timedelta(seconds=30)
# How often `seen_at` is updated for users with an open connection.
NOTE: Final = timedelta(seconds=10)
# How long a match is kept for a polling client; connected clients get `matched` at once.
KEPT: Final = timedelta(seconds=60)
FORGET_EVERY_S: Final = 60
