"""Rate limits of chat, each default with its reason.

`"30/1h"` allows a burst of thirty, and one more every two minutes. `BELLWIRE_BUDGETS` overrides
any of them.
"""

from typing import Final

from realtime import declare_budget

# A person creates a few rooms a day; an afternoon's workshop may need twenty. Each is a row, a
# topic and a line in room lists.
ROOMS_CREATE: Final = declare_budget("rooms.create", "30/1h")
# Opening a direct room, whether it exists already or not.
ROOMS_DIRECT: Final = declare_budget("rooms.direct", "120/1h")
# Renaming, settings, roles, removing members, deleting rooms: clicks in a dialog.
ROOMS_MANAGE: Final = declare_budget("rooms.manage", "60/1m")
# Every added user gets an event. A team of 200 can be added within an hour.
ROOMS_INVITE: Final = declare_budget("rooms.invite", "200/1h")
# Joining and leaving: each is an event for all members.
ROOMS_JOIN: Final = declare_budget("rooms.join", "60/1m")
# Over all rooms. Fast typists send one every two seconds; a burst of 60 is a client's queue after
# an evening offline.
MESSAGES_SEND: Final = declare_budget("messages.send", "60/1m")
# Editing and deleting: a moderator may delete many messages of one user.
MESSAGES_CHANGE: Final = declare_budget("messages.change", "60/1m")
# Sent as messages scroll into view, in several rooms and tabs.
ROOMS_READ: Final = declare_budget("rooms.read", "300/1m")
# Sent every three seconds while the user types, also in several tabs.
ROOMS_TYPING: Final = declare_budget("rooms.typing", "120/1m")
# Start, pause, skip: each is an event for all members.
ROOMS_TIMER: Final = declare_budget("rooms.timer", "30/1m")
# A page asks again every 30 s to stay in the queue.
MATCHING: Final = declare_budget("matching", "60/1m")

# Every request that reveals a name: the search, and direct rooms and added members by id. A burst
# of sixty is a search at each keystroke for half a dozen people; then one every five seconds, as
# more would allow copying the directory. Not scaled up in development.
PEOPLE_LOOKUP: Final = declare_budget("people.lookup", "60/5m", scales=False)
PEOPLE_BLOCK: Final = declare_budget("people.block", "60/1h")

# Each question is a paid prompt. A person reads an answer for half a minute: a burst of twenty, and
# 300 for a day's work. Regenerating an answer costs the same.
ASSISTANT_ASK: Final = declare_budget("assistant.ask", "20/10m")
ASSISTANT_ASK_DAILY: Final = declare_budget("assistant.ask_daily", "300/1d")
QUESTION: Final = (ASSISTANT_ASK, ASSISTANT_ASK_DAILY)
# Stopping, renaming, deleting, ratings, consent: clicks.
ASSISTANT_MANAGE: Final = declare_budget("assistant.manage", "60/1m")
# A service fills a library of thousands once; each document is parsed and split into passages.
DOCUMENTS_WRITE: Final = declare_budget("documents.write", "600/10m")
