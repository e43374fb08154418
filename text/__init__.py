"""Text by people and for people: names, visibility, graphemes, direction, mentions.

Pure functions on strings, which every app may import. The portal implements the same rules in
`frontend/src/lib/text/`; `tests/text/vectors.json` tests both.
"""
