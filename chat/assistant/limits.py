"""Limits on sizes, counts and times of the assistant that are no settings (those: chat/conf.py)."""

from typing import Final

# A title that a list shows in one line, if the user is brief.
TITLE_CHARS: Final = 100
# A title made from the question: one line of a list.
TITLE_MADE_CHARS: Final = 60
# Statuses and roles (`interrupted` is the longest), and error codes.
WORD_CHARS: Final = 16
CODE_CHARS: Final = 32
# An error message of `generators/faults.py`.
FAULT_CHARS: Final = 300
WORKER_CHARS: Final = 32
MODEL_CHARS: Final = 200
RATING_CHARS: Final = 8
COMMENT_CHARS: Final = 2_000

# A model that has written this much will not end by itself.
ANSWER_CHARS: Final = 200_000
# Answers that one process writes concurrently: each holds a connection to the model.
CONCURRENT_ANSWERS: Final = 500
# Passages that are retrieved for an answer.
PASSAGES: Final = 5
# Concurrent retrievals of one process: each takes a thread of a shared pool.
CONCURRENT_RETRIEVALS: Final = 3

# Interval between batches, in seconds: a process commits at most about 15 times a second, whatever
# its number of answers. The first chunk after a pause does not wait.
BATCH_S: Final = 0.065
# Characters of one `token` event; a longer chunk is split into several.
BATCH_CHARS: Final = 8_000
# Seconds between attempts to write while the database is unavailable.
RETRY_S: Final = 0.5

# Seconds between heartbeats of a worker; after three missed ones it is considered gone.
HEARTBEAT_S: Final = 3.0
STALE_S: Final = 9.0
# Seconds for which rows of crashed workers are kept, for diagnosis.
DELETE_WORKERS_S: Final = 3_600.0
# Answers that are interrupted in one transaction.
SWEEP_ROWS: Final = 100
