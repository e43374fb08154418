"""Rate limits of a user's own account; each default with its reason."""

from typing import Final

from realtime import declare_budget

# A page needs a ticket for each stream or socket that it opens where no header can be set, and
# opens all of them again when its connection was lost.
TICKETS: Final = declare_budget("auth.ticket", "60/1m")
# A language and a time zone, set by hand on a page; each change is published to other tabs.
PROFILE: Final = declare_budget("auth.profile", "60/1m")
