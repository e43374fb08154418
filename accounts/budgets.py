"""How often a person may do what concerns their account; each default with its reason."""

from typing import Final

from realtime import declare_budget

# A page needs one for each stream or socket that it opens where no header can be set, and opens
# them all again when its connection was lost.
TICKETS: Final = declare_budget("auth.ticket", "60/1m")
# A language and a time zone, by hand on a page; each tells the user's other tabs.
PROFILE: Final = declare_budget("auth.profile", "60/1m")
