"""The password hash of this suite's instances."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class CheapHasher(PBKDF2PasswordHasher):
    """Django's own with a thousandth of its iterations."""

    iterations = 1_000
