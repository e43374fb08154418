"""Production as `config.settings` has it, with what only a test can wish for.

A password's hash is made to take a core for half a second. Two hundred people who sign in would
take a test machine minutes, which says nothing about who is let in: here a hash is cheap.
"""

import resource

from config.settings import *  # noqa: F403
from config.settings import env

PASSWORD_HASHERS = ["tests.hostile.hashers.CheapHasher"]

# Few descriptors, from the start on, for the instance that is to run out of them.
if descriptors := env.int("TEST_DESCRIPTORS", 0):
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
