"""Limits of a REST request, each with its reason and the setting that changes it."""

from django.conf import settings

# The largest 64-bit integer, and so the largest id. A query for a larger one raises an error,
# where it should find nothing.
MAX_ID = 2**63 - 1
# Digits of `MAX_ID`.
MAX_ID_DIGITS = 19

# 10,000 recipients by external ids of 255 characters are 2.6 MB; a document sent as JSON may take
# some megabytes more. The body is parsed in one piece, so a larger one only costs memory.
MAX_BODY_BYTES = 8 * 1024 * 1024

# Our longest path, with ids of 128 characters, has 200. One of the admin's routes (with two
# `<path:…>`) takes quadratic time to match: 7 ms for so many characters, and 20 s for 60,000.
MAX_PATH_CHARS = 1_024

# No endpoint needs ten levels. At 64 neither Python's recursion limit nor a database's limit for
# the depth of JSON can be reached by stored values.
MAX_JSON_DEPTH = 64


def max_body_bytes() -> int:
    """Return the largest size of a JSON body in bytes (`BELLWIRE_MAX_BODY_BYTES`)."""
    return int(getattr(settings, "BELLWIRE_MAX_BODY_BYTES", MAX_BODY_BYTES))


def max_path_chars() -> int:
    """Return the greatest length of a URL's path in characters (`BELLWIRE_MAX_PATH_CHARS`)."""
    return int(getattr(settings, "BELLWIRE_MAX_PATH_CHARS", MAX_PATH_CHARS))
