"""The password hasher."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with the first parameters that OWASP recommends for one thread.

    Django's defaults take 100 MiB and eight threads for each hash, which is eight times the time on
    the one core that a process has.
    """

    time_cost = 2
    # In KiB: 19 MiB, for each of the `HASHES_AT_ONCE`.
    memory_cost = 19 * 1024
    parallelism = 1
