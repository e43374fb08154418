"""The same password from another keyboard: compared and hashed in one normal form (NFKC).

What an earlier release has hashed was hashed as it was typed: the other forms of a text are tried
as well, which costs more hashes only where a text has other forms. A wrong password costs as many
for a name that nobody has, so that time tells nothing.
"""

import unicodedata
from collections.abc import Callable

from django.contrib.auth.hashers import check_password

from text.names import other_forms


def normalized(password: str) -> str:
    """The form that is hashed."""
    return password if password.isascii() else unicodedata.normalize("NFKC", password)


def normalized_or_none(password: str | None) -> str | None:
    """The same; None, which is no password, stays None."""
    return None if password is None else normalized(password)


def matches(password: str, encoded: str, rehash: Callable[[], None] | None = None) -> bool:
    """Whether `encoded` is a hash of the password, in any of its forms.

    `rehash` is called where the hash should be made anew. A password that is wrong is hashed once
    for each form, whatever `encoded` is.
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
