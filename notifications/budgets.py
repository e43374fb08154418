"""Rate limits of the notification endpoints; each default with its reason."""

from typing import Final

from realtime import declare_budget

# Reading and deleting one's own, one click each: a person who clears an inbox by hand.
INBOX: Final = declare_budget("notifications.inbox", "300/1m")
# Switches on a page.
PREFERENCES: Final = declare_budget("notifications.preferences", "60/1m")

# A service that sends a hundred single notifications a second; a leaked key can do no more.
SEND: Final = declare_budget("notifications.send", "6000/1m")
# Rows written: fifty of the largest batches at once, then eight hundred rows a second.
RECIPIENTS: Final = declare_budget("notifications.recipients", "500000/10m")
# A hundred jobs that report once a second.
JOBS: Final = declare_budget("notifications.jobs", "6000/1m")
# One click each, published to all recipients: a person who stops a list of exports.
CANCEL_JOB: Final = declare_budget("notifications.cancel_job", "60/1m")
