"""How often a person may do what chat offers; each default with its reason.

`"30/1h"`: thirty at once, and one more every two minutes. `BELLWIRE_BUDGETS` changes any of them.
"""

from typing import Final

from realtime import declare_budget

# A person opens a few rooms a day; an afternoon's workshop may take twenty. Each is a row, a topic
# and a line in lists.
ROOMS_CREATE: Final = declare_budget("rooms.create", "30/1h")
# Opening a conversation with somebody, whether it is there already or not.
ROOMS_DIRECT: Final = declare_budget("rooms.direct", "120/1h")
# Renaming, settings, roles, removing people, deleting rooms: clicks in a dialog.
ROOMS_MANAGE: Final = declare_budget("rooms.manage", "60/1m")
# Whoever is brought in is told of it. A team of 200 is invited in an hour.
ROOMS_INVITE: Final = declare_budget("rooms.invite", "200/1h")
# Looking around: each coming and going is an event for everybody in the room.
ROOMS_JOIN: Final = declare_budget("rooms.join", "60/1m")
# Over all rooms. Fast typists send one in two seconds; 60 at once are an evening's offline queue.
MESSAGES_SEND: Final = declare_budget("messages.send", "60/1m")
# Editing and deleting: a moderator clears up after somebody.
MESSAGES_CHANGE: Final = declare_budget("messages.change", "60/1m")
# A client says it as messages come into view, in several rooms and tabs.
ROOMS_READ: Final = declare_budget("rooms.read", "300/1m")
# Clients say it every three seconds while somebody types, also in several tabs.
ROOMS_TYPING: Final = declare_budget("rooms.typing", "120/1m")
# Start, pause, skip: each is an event for everybody in the room.
ROOMS_TIMER: Final = declare_budget("rooms.timer", "30/1m")
# A page asks again every 30 s to say that somebody still waits.
MATCHING: Final = declare_budget("matching", "60/1m")

# Whatever answers a name: the search, and direct rooms and invitations by id. Sixty at once are
# searches at each keystroke for half a dozen people; one every five seconds after that, as more
# would copy the directory. Development needs no more of it.
PEOPLE_LOOKUP: Final = declare_budget("people.lookup", "60/5m", scales=False)
PEOPLE_BLOCK: Final = declare_budget("people.block", "60/1h")

# Each question is a paid prompt. A person reads an answer for half a minute; a quick start with
# twenty, and a day's work. Asking again for the same answer costs the same.
ASSISTANT_ASK: Final = declare_budget("assistant.ask", "20/10m")
ASSISTANT_ASK_DAILY: Final = declare_budget("assistant.ask_daily", "300/1d")
QUESTION: Final = (ASSISTANT_ASK, ASSISTANT_ASK_DAILY)
# Stopping, renaming, deleting, ratings, consent: clicks.
ASSISTANT_MANAGE: Final = declare_budget("assistant.manage", "60/1m")
# Services fill a library of thousands once; each document is parsed and cut into passages.
DOCUMENTS_WRITE: Final = declare_budget("documents.write", "600/10m")
