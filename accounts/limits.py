"""The limits of signing in, each with its reason. A setting of the same name with the prefix
`BELLWIRE_` overrides it.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings

# A browser's tabs wake up together and refresh with the same token; 30 s covers the slowest of
# them, and leaves a thief little time.
REFRESH_GRACE_S: Final = 30

# A sign-in that is renewed every day still ends: a copied browser profile does not work for ever.
LOGIN_MAX_DAYS: Final = 90

# From requesting a ticket to opening the URL with it, over a slow connection.
TICKET_S: Final = 30

# A person mistypes a few times a minute; with 10, trying 10,000 words takes 16 hours.
LOGIN_FAILURES: Final = 10
LOGIN_WINDOW_S: Final = 60
# An office of 200 behind one address mistypes a handful of times a minute, and a success deletes
# the failures before it. A client that tries many names has 300 guesses in ten minutes.
LOGIN_ADDRESS_FAILURES: Final = 300
LOGIN_ADDRESS_WINDOW_S: Final = 600
# Nobody mistypes a password a hundred times an hour. Guesses from a thousand addresses are limited
# to 2,400 a day in total.
LOGIN_NAME_FAILURES: Final = 100
LOGIN_NAME_WINDOW_S: Final = 3600
# Per hour, in a browser in which the user has signed in before: a stolen cookie gives no more.
LOGIN_DEVICE_FAILURES: Final = 30
# How long an unused browser is remembered; people on parental leave come back.
LOGIN_DEVICE_DAYS: Final = 180

# Retention of the security log. An incident is often found months after it began.
SECURITY_LOG_DAYS: Final = 180
# Repeated events within ten minutes are counted in one row, and so are all further ones after so
# many rows of one kind in this time. 500 show what is going on, and are 72,000 rows a day at worst.
SECURITY_BUCKET_S: Final = 600
SECURITY_BUCKET_ROWS: Final = 500

# A hash takes a core for some 30 ms, and 19 MiB. Two at once leave the event loop its share.
HASHES_AT_ONCE: Final = 2
# Threads that may wait to hash. The sign-in queue admits fewer; this limits those that come by
# another path. A wait takes seconds, unless the machine is overloaded anyway.
HASHES_WAITING: Final = 20
HASH_WAIT_S: Final = 10

# During an upgrade, instances of the previous release still insert users without lookup keys. Until
# the next run such users sign in by the exact spelling, and searches do not find them.
SETTLE_NAMES_S: Final = 60

# `last_used_at` shows whether a key is still in use; a write per request would show it no better.
KEY_USED_EVERY_S: Final = 60

# An issuer that responds more slowly counts as unreachable.
JWKS_TIMEOUT_S: Final = 3
# Requests that may wait for an unknown key, in threads that others need: half of twelve.
JWKS_WAITING: Final = 6
# The age at which a fetched key set is fetched again.
JWKS_LIFESPAN_S: Final = 300
# After the issuer has responded without a key, other unknown keys are refused for so long without a
# fetch: invented keys cause one fetch in this time. A key that the issuer has just begun to use is
# refused for as long, if somebody invents keys meanwhile.
JWKS_COOLDOWN_S: Final = 10
# After a failed fetch, no request waits for another one for so long: requests do not queue for a
# dead host.
JWKS_RETRY_S: Final = 5
# The last key set is used for so long while the issuer is unreachable, so that its outage is not
# ours.
JWKS_STALE_S: Final = 3600
# The clock of another machine, an issuer's or another instance's, may be ahead of ours; NTP keeps
# it within a fraction of this. Only for `nbf` and `iat`: an expired token is expired.
CLOCK_SKEW_S: Final = 10

# Real tokens have one or two kilobytes, those with many groups five.
MAX_TOKEN_CHARS: Final = 8192

# Principals per query: SQLite accepts 32,766 parameters, and long lists are slow to plan.
SWEEP_CHUNK: Final = 5000
# Rows deleted per statement of the periodic clean-up, so that its transactions are short.
CLEANUP_CHUNK: Final = 1000


def limit(name: str) -> int:
    """Return the limit `name`, or the deployment's setting `BELLWIRE_<name>`."""
    return int(getattr(settings, f"BELLWIRE_{name}", globals()[name]))


def seconds(name: str) -> timedelta:
    """Return the limit `name`, in seconds, as a duration."""
    return timedelta(seconds=limit(name))


def days(name: str) -> timedelta:
    """Return the limit `name`, in days, as a duration."""
    return timedelta(days=limit(name))


def longest_login_window() -> timedelta:
    """Return the time after which a failed sign-in counts for no budget."""
    names = ("LOGIN_WINDOW_S", "LOGIN_ADDRESS_WINDOW_S", "LOGIN_NAME_WINDOW_S")
    return max(seconds(name) for name in names)
