"""`python -m tests.e2e.dying_sender USERNAME MESSAGE`: send, and die between COMMIT and wake-up.

What Django does on commit it does in the order of registration: this process kills itself before
the engine's own turn comes, which is registered when the outermost unit of work ends.
"""

import os
import signal
import sys

import django

django.setup()

# Models can be imported only now.
from django.db import transaction  # noqa: E402

from notifications import services  # noqa: E402
from notifications.services import Content, RecipientKind, Recipients  # noqa: E402
from realtime.publishing import unit_of_work  # noqa: E402


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(username: str, message: str) -> None:
    with unit_of_work():
        services.send(
            sender="service:dying",
            to=Recipients(RecipientKind.USERNAME, [username]),
            content=Content(type="ORDER_CREATED", message=message),
        )
        transaction.on_commit(_die)


if __name__ == "__main__":
    main(*sys.argv[1:])
