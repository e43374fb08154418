"""Limits of a REST request that are no settings (those: api/conf.py), each with its reason."""

# The largest 64-bit integer, and so the largest id. A query for a larger one raises an error,
# where it should find nothing.
MAX_ID = 2**63 - 1
# Digits of `MAX_ID`.
MAX_ID_DIGITS = 19

# No endpoint needs ten levels. At 64 neither Python's recursion limit nor a database's limit for
# the depth of JSON can be reached by stored values.
MAX_JSON_DEPTH = 64
