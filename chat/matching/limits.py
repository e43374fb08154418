"""How long things hold; each with its reason."""

from datetime import timedelta
from typing import Final

# Who has waited so long is asked whether they still want to: they press again.
WAIT: Final = timedelta(seconds=120)
# Who has no connection open shows by asking again that they are still there.
SEEN: Final = timedelta(seconds=30)
# How often that is written down for those who have one.
NOTE: Final = timedelta(seconds=10)
# A pairing waits so long for who polls; who is connected was told of it at once.
KEPT: Final = timedelta(seconds=60)
FORGET_EVERY_S: Final = 60
