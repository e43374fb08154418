"""Which secret keys production accepts.

Whoever knows the key can sign in as anybody, without a trace: it signs tokens, sessions and
cookies. A short one is found by trying keys against one token, on the attacker's own machine.
"""

from django.core.exceptions import ImproperlyConfigured

# What DEBUG=1 signs with when no key is set.
DEVELOPMENT_KEY = "development-only-key-never-used-when-debug-is-off"
# Keys that were ever printed in this repository: everybody has them.
PUBLISHED_KEYS = frozenset({DEVELOPMENT_KEY})
# What Django's `startproject` puts before the key that it writes into a settings file.
_STARTPROJECT_MARK = "django-insecure-"

# 32 random hexadecimal digits are 128 bits: beyond trying.
MIN_CHARS = 32
# 32 random hexadecimal digits have fewer than 8 different ones less than once in 10 million times;
# a key that somebody has typed (`kkkk…`, `12121212…`) nearly always.
MIN_DISTINCT_CHARS = 8

_HOW = "Set it to a long random text, the same on every instance: `openssl rand -hex 32` prints one"


def refuse_weak_key(key: str) -> None:
    """Raise `ImproperlyConfigured` unless production may sign with `key`."""
    if not key:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set. {_HOW}; or set DEBUG=1 for development (`make run` does)."
        )
    if key in PUBLISHED_KEYS or key.startswith(_STARTPROJECT_MARK):
        raise ImproperlyConfigured(f"SECRET_KEY is a key that has been published. {_HOW}.")
    if len(key) < MIN_CHARS:
        raise ImproperlyConfigured(
            f"SECRET_KEY has {len(key)} characters; expected at least {MIN_CHARS}. {_HOW}."
        )
    if len(set(key)) < MIN_DISTINCT_CHARS:
        raise ImproperlyConfigured(
            f"SECRET_KEY is made of {len(set(key))} different characters; expected at least "
            f"{MIN_DISTINCT_CHARS}. {_HOW}."
        )
