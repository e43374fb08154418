"""Compares and hashes passwords in one normal form (NFKC), so that any keyboard can type them.

Earlier releases hashed a password as it was typed, so the other forms of a text are tried as well,
which costs more hashes only for texts that have other forms. A wrong password costs as many for an
unknown name, so the time reveals nothing.
"""

import unicodedata
from collections.abc import Callable

from django.contrib.auth.hashers import check_password

from text.names import other_forms


def normalized(password: str) -> str:
    """Return the form that is hashed."""
    return password if password.isascii() else unicodedata.normalize("NFKC", password)


def normalized_or_none(password: str | None) -> str | None:
    """Return the form that is hashed; None, which is no password, stays None."""
    return None if password is None else normalized(password)


def matches(password: str, encoded: str, rehash: Callable[[], None] | None = None) -> bool:
    """Whether `encoded` is a hash of the password, in any of its forms.

    `rehash` is called if the hash should be replaced. A wrong password is hashed once for each
    form, whatever `encoded` is.
    """
    first, *others = other_forms(password)
    if check_password(first, encoded, (lambda _: rehash()) if rehash else None):
        return True
    for form in others:
        if check_password(form, encoded):
            if rehash:
                rehash()
            return True
    return False
