"""What a REST request may weigh; each limit with its reason, and the setting that changes it."""

from django.conf import settings

# 10,000 recipients by external ids of 255 characters are 2.6 MB; a document sent as JSON may be
# some megabytes more. Beyond that a body only costs memory: it is parsed in one piece.
MAX_BODY_BYTES = 8 * 1024 * 1024

# The longest of ours, with ids of 128 characters, has 200. A route of the admin takes quadratic
# time to match (it has two `<path:…>`): 7 ms for so many characters, and 20 s for 60,000.
MAX_PATH_CHARS = 1_024

# No endpoint needs ten levels; below 64 neither Python's recursion limit nor a database's own
# JSON depth limit can be reached by what is stored.
MAX_JSON_DEPTH = 64


def max_body_bytes() -> int:
    """The largest JSON body accepted, in bytes (`BELLWIRE_MAX_BODY_BYTES`)."""
    return int(getattr(settings, "BELLWIRE_MAX_BODY_BYTES", MAX_BODY_BYTES))


def max_path_chars() -> int:
    """The longest path of a URL, in characters (`BELLWIRE_MAX_PATH_CHARS`)."""
    return int(getattr(settings, "BELLWIRE_MAX_PATH_CHARS", MAX_PATH_CHARS))
