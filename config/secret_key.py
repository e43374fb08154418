"""Checks the secret key in production.

The key signs tokens, sessions and cookies, so its holder can sign in as any user without a trace. A
short key can be found offline, by trying keys against one token.
"""

from django.core.exceptions import ImproperlyConfigured

# The key of DEBUG=1 when none is set.
DEVELOPMENT_KEY = "development-only-key-never-used-when-debug-is-off"
# Keys printed anywhere in this repository are public.
PUBLISHED_KEYS = frozenset({DEVELOPMENT_KEY})
# The prefix of the key that Django's `startproject` writes into a settings file.
_STARTPROJECT_MARK = "django-insecure-"

# 32 random hexadecimal digits are 128 bits, too many to try.
MIN_CHARS = 32
# 32 random hexadecimal digits have fewer than 8 different ones less than once in 10 million times;
# a key that somebody has typed (`kkkk…`, `12121212…`) nearly always.
MIN_DISTINCT_CHARS = 8

_ADVICE = (
    "Set it to a long random text, the same on every instance: `openssl rand -hex 32` prints one"
)


def refuse_weak_key(key: str) -> None:
    """Raise `ImproperlyConfigured` if `key` is too weak for production."""
    if not key:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set. {_ADVICE}; or set DEBUG=1 for development (`make run` does)."
        )
    if key in PUBLISHED_KEYS or key.startswith(_STARTPROJECT_MARK):
        raise ImproperlyConfigured(f"SECRET_KEY is a key that has been published. {_ADVICE}.")
    if len(key) < MIN_CHARS:
        raise ImproperlyConfigured(
            f"SECRET_KEY has {len(key)} characters; expected at least {MIN_CHARS}. {_ADVICE}."
        )
    if len(set(key)) < MIN_DISTINCT_CHARS:
        raise ImproperlyConfigured(
            f"SECRET_KEY is made of {len(set(key))} different characters; expected at least "
            f"{MIN_DISTINCT_CHARS}. {_ADVICE}."
        )
