"""The numbers of signing in; each with its reason. A setting of the same name, prefixed
`BELLWIRE_`, overrides it."""

from datetime import timedelta
from typing import Final

from django.conf import settings

# A browser's tabs wake up together and refresh with the same token; 30 s covers the slowest of
# them, and is short for a thief.
REFRESH_GRACE_S: Final = 30

# A sign-in that is renewed every day still ends: a copied browser profile is not good for ever.
LOGIN_MAX_DAYS: Final = 90

# From asking for a ticket to opening the URL with it, over a bad line.
TICKET_S: Final = 30

# A person mistypes a few times a minute; 10 leave a dictionary of 10,000 words 16 hours.
LOGIN_FAILURES: Final = 10
LOGIN_WINDOW_S: Final = 60
# An office of 200 behind one address mistypes a handful of times a minute, and gets back what it
# mistyped once it is in. Who tries many names has 300 guesses in ten minutes instead of any number.
LOGIN_ADDRESS_FAILURES: Final = 300
LOGIN_ADDRESS_WINDOW_S: Final = 600
# Nobody mistypes a password a hundred times an hour. Guesses from a thousand addresses are 2,400 a
# day together.
LOGIN_NAME_FAILURES: Final = 100
LOGIN_NAME_WINDOW_S: Final = 3600
# In an hour, in a browser that the user has signed in with before: a stolen cookie gives no more.
LOGIN_DEVICE_FAILURES: Final = 30
# How long a browser is remembered that nobody signs in with; people on parental leave come back.
LOGIN_DEVICE_DAYS: Final = 180

# The security log. An incident is often found months after it began.
SECURITY_LOG_DAYS: Final = 180
# The same event again within ten minutes is counted in one row; so is the rest, once there are that
# many rows of one kind in this time. 500 show what goes on, and are 72,000 rows a day at worst.
SECURITY_BUCKET_S: Final = 600
SECURITY_BUCKET_ROWS: Final = 500

# Hashing takes a core for some 30 ms, and 19 MiB. Two at once leave the event loop its share.
HASHES_AT_ONCE: Final = 2
# Threads that wait for their turn. The sign-in queue lets fewer come here at all; this bounds what
# comes by another path. A turn comes within seconds, or the machine is lost anyway.
HASHES_WAITING: Final = 20
HASH_WAIT_S: Final = 10

# During an upgrade instances of the release before still add users, without what names are looked
# up by. Until the next run they sign in by the exact spelling, and nobody finds them.
SETTLE_NAMES_S: Final = 60

# `last_used_at` answers "is this key still in use?"; a write per request would answer it no better.
KEY_USED_EVERY_S: Final = 60

# An issuer that answers slower than this is away.
JWKS_TIMEOUT_S: Final = 3
# Requests that wait for a key not yet known, in threads that others need: half of twelve.
JWKS_WAITING: Final = 6
# How long a fetched key set is used before it is fetched again.
JWKS_LIFESPAN_S: Final = 300
# After the issuer has answered without a key, others that it may not have either are refused for so
# long without asking it: invented keys cause one fetch in this time. A key that it has only begun
# to use is refused for as long, if somebody invents keys meanwhile.
JWKS_COOLDOWN_S: Final = 10
# After a failed fetch nobody waits for another one so soon: requests do not queue for a dead
# host.
JWKS_RETRY_S: Final = 5
# While the issuer is away its last key set goes on being used: an outage there is none here.
JWKS_STALE_S: Final = 3600
# The clock of another machine, an issuer's or another instance's, may run ahead of ours; NTP keeps
# it within a fraction of this. Only for `nbf` and `iat`: an expired token is expired.
CLOCK_SKEW_S: Final = 10

# Real tokens take one or two kilobytes, those with many groups five.
MAX_TOKEN_CHARS: Final = 8192

# Principals asked after per query: SQLite takes 32,766 parameters, and long lists plan slowly.
SWEEP_CHUNK: Final = 5000
# Rows deleted per statement in the periodic clean-up, so that no transaction there is long.
CLEANUP_CHUNK: Final = 1000


def limit(name: str) -> int:
    """The limit `name`, or the deployment's setting `BELLWIRE_<name>`."""
    return int(getattr(settings, f"BELLWIRE_{name}", globals()[name]))


def seconds(name: str) -> timedelta:
    """The limit `name`, counted in seconds, as a duration."""
    return timedelta(seconds=limit(name))


def days(name: str) -> timedelta:
    """The limit `name`, counted in days, as a duration."""
    return timedelta(days=limit(name))


def longest_login_window() -> timedelta:
    """After so long a failed sign-in draws on no budget any more."""
    names = ("LOGIN_WINDOW_S", "LOGIN_ADDRESS_WINDOW_S", "LOGIN_NAME_WINDOW_S")
    return max(seconds(name) for name in names)
