"""How large things may be, and how long things may take; each with its reason."""

from typing import Final

from django.conf import settings

# A question is a paragraph or two; what is longer is a document.
TITLE_CHARS: Final = 100
# Of a title made by us: what a list shows in one line.
TITLE_MADE_CHARS: Final = 60
# `complete` to `interrupted`, `MODEL_ERROR` to `INTERRUPTED`, with room.
WORD_CHARS: Final = 16
CODE_CHARS: Final = 32
# One of our own sentences.
FAULT_CHARS: Final = 300
WORKER_CHARS: Final = 32
MODEL_CHARS: Final = 200
RATING_CHARS: Final = 8
COMMENT_CHARS: Final = 2_000
# Of the largest id.
ID_DIGITS: Final = 19
LARGEST_ID: Final = 2**63 - 1

# A model that has written so much will not come to an end by itself.
ANSWER_CHARS: Final = 200_000
# Answers that one process writes at once: each holds a connection to the model.
ANSWERS_AT_ONCE: Final = 500
# Passages that an answer is made from.
PASSAGES: Final = 5
# Answers that look for passages at once: looking takes a thread, of which others need some too.
LOOKING_AT_ONCE: Final = 3

# Chunks wait so long for others at the most, so that a process commits about 15 times a second
# for however many answers; what comes first after a pause does not wait.
BATCH_S: Final = 0.065
# What a batch holds of one answer at the most: an event that clients can be sent in one piece.
BATCH_CHARS: Final = 8_000
# Between tries to write while the database is away.
RETRY_S: Final = 0.5

# A worker says so often that it lives; three times missed, it does not.
HEARTBEAT_S: Final = 3.0
STALE_S: Final = 9.0
# Rows of workers that ended without a word are kept as long, for whoever looks what happened.
FORGET_WORKERS_S: Final = 3_600.0
# Answers that one sweep ends in one transaction.
SWEEP_ROWS: Final = 100


def question_chars() -> int:
    """The longest question, in characters."""
    return int(settings.BELLWIRE_QUESTION_CHARS)


def finish_s() -> float:
    """From SIGTERM until what has not ended is interrupted: orchestrators kill after 30 s."""
    return float(settings.BELLWIRE_ANSWERS_FINISH_S)


def answers_per_user() -> int:
    """How many answers one user may have written at once."""
    return int(settings.BELLWIRE_ANSWERS_PER_USER)
